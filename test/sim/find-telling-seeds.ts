import { makeScenario } from "./make-scenario.ts";
import { openStage } from "./open-stage.ts";
import { play } from "./play.ts";
import { situationOf } from "./situations.ts";

interface Found {
  readonly seed: number;
  readonly costMs: number;
  /** How often each situation comes up. */
  readonly situations: ReadonlySet<string>;
}

// A situation that one world has may need another world's circumstances to show a bug.
const TIMES_EACH = 4;

interface Search {
  /** The first seed, and how many are looked at from there on. */
  readonly from: number;
  readonly worlds: number;
  /** Only those with services in many places. */
  readonly onlyFleets: boolean;
}

/** Plays seeds and prints those few that together have every situation several times, the most telling for their time first. */
export async function findTellingSeeds({ from, worlds, onlyFleets }: Search): Promise<number> {
  const stage = await openStage();
  const found: Found[] = [];
  for (let seed = from; seed < from + worlds; seed += 1) {
    const scenario = makeScenario(String(seed));
    if (onlyFleets && scenario.hasFleets !== true) continue;
    const situations = new Set<string>();
    const before = process.cpuUsage();
    const audience = {
      onRows: (rows: Parameters<typeof situationOf>[0][]) => {
        // What follows from what counts as well: the same outcome after a restart is another situation.
        const texts = rows.map((row) => situationOf(row));
        for (const [index, text] of texts.entries()) {
          situations.add(text);
          if (index > 0) situations.add(`${texts[index - 1] ?? ""} > ${text}`);
        }
      },
      onLine: () => undefined,
    };
    await play(stage, scenario, { audience });
    const { user, system } = process.cpuUsage(before);
    found.push({ seed, costMs: (user + system) / 1000, situations });
  }
  const chosen = choose(found);
  const all = new Set(found.flatMap(({ situations }) => [...situations]));
  console.log(`${chosen.length} of ${found.length} seeds have all of ${all.size} situations:`);
  console.log(chosen.map(({ seed }) => seed).join(", "));
  return 0;
}

function choose(found: readonly Found[]): readonly Found[] {
  const left = wantedOf(found);
  const candidates = new Set(found);
  const chosen: Found[] = [];
  for (let best = bestOf(candidates, left); best !== undefined; best = bestOf(candidates, left)) {
    candidates.delete(best);
    chosen.push(best);
    for (const text of best.situations) left.set(text, (left.get(text) ?? 0) - 1);
  }
  return chosen;
}

/** How many worlds with each situation are wanted. */
function wantedOf(found: readonly Found[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { situations } of found) {
    for (const text of situations) wanted.set(text, Math.min(TIMES_EACH, (wanted.get(text) ?? 0) + 1));
  }
  return wanted;
}

/** The one with the most that is still wanted for its time; undefined when none has anything. */
function bestOf(candidates: ReadonlySet<Found>, left: ReadonlyMap<string, number>): Found | undefined {
  let best: { readonly found: Found; readonly worth: number } | undefined;
  for (const found of candidates) {
    const news = [...found.situations].filter((text) => (left.get(text) ?? 0) > 0).length;
    const worth = news / found.costMs;
    if (worth > (best?.worth ?? 0)) best = { found, worth };
  }
  return best?.found;
}
