import { KnownSights } from "./known-sights.ts";
import { drillSeeds } from "./make-drill.ts";
import { type HuntTask, MutantHunt, type Sight } from "./mutant-hunt.ts";
import { allMutants, FLEETS, KINDS, REMOTE } from "./mutants/all-mutants.ts";
import { TELLING_FLEETS, TELLING_SEEDS, TELLING_STORIES } from "./telling-seeds.ts";

export interface MutantsOrder {
  readonly processes: number;
  /** Only those whose part, file or description has this text. */
  readonly only: string;
  /** In how many worlds each is looked for. */
  readonly worlds: number;
  /** The first seed. */
  readonly from: number;
  /** Whether it is written down where each was seen, for the next time. */
  readonly keeps: boolean;
}

const GOAL = 0.95;
// So many stories take no longer than one world.
const STORIES_A_WORLD = 4;
const DRILLS = drillSeeds(2);

/** Plants one bug after the other, plays seeds until a check sees it, and prints a table. Returns the exit code. */
export async function runMutants({ processes, only, worlds, from, keeps }: MutantsOrder): Promise<number> {
  const planted = Array.from(allMutants, ([part, mutants]) => mutants.map((mutant) => ({ part, ...mutant }))).flat();
  const meant = planted.filter(({ part, file, what }) => `${part} ${file} ${what}`.includes(only));
  const left = [...meant];
  const sights: Sight[] = [];
  const known = new KnownSights();
  using hunt = new MutantHunt();
  for (const part of new Set(meant.map((mutant) => mutant.part))) await hunt.playPlainly(part, known.ofPart(part));
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const isRemote = mutant.part === REMOTE;
      const task = {
        first: [...known.of(mutant), ...firstOf(mutant.part)],
        from,
        worlds: isRemote ? worlds * STORIES_A_WORLD : worlds,
      };
      const sight = await hunt.look(mutant, task);
      sights.push(sight);
      console.log(sightText(sight));
    }
  };
  await Promise.all(Array.from({ length: processes }, () => work()));
  const caught = sights.filter(({ check }) => check !== undefined).length;
  if (keeps) known.keep(sights);
  for (const part of allMutants.keys()) printPart(part, sights);
  console.log(
    `caught ${caught} of ${meant.length} planted bugs (${percent(caught, meant.length)}), goal ${GOAL * 100} %`,
  );
  if (hunt.flawed.length > 0) console.log(`without any bug something is violated in seeds ${hunt.flawed.join(", ")}`);
  return caught >= meant.length * GOAL && meant.length > 0 ? 0 : 1;
}

/** Seeds that show much, of the worlds of a part. */
function firstOf(part: string): HuntTask["first"] {
  if (Object.values<string>(KINDS).includes(part)) return [];
  if (part === FLEETS) return TELLING_FLEETS;
  return part === REMOTE ? TELLING_STORIES : [...DRILLS, ...TELLING_SEEDS];
}

function sightText({ mutant: { part, file, what }, check, seed, worlds }: Sight): string {
  const end =
    check === undefined ? `MISSED in ${worlds} worlds` : `caught by "${check}" (seed ${seed}, world ${worlds})`;
  return `${part.padEnd(14)} ${file.padEnd(34)} ${what.padEnd(70)} ${end}`;
}

function printPart(part: string, sights: readonly Sight[]): void {
  const own = sights.filter(({ mutant }) => mutant.part === part);
  if (own.length === 0) return;
  const caught = own.filter(({ check }) => check !== undefined).length;
  console.log(
    `${part.padEnd(14)} planted ${String(own.length).padStart(4)}  caught ${String(caught).padStart(4)}  ${percent(caught, own.length)}`,
  );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((part / whole) * 100).toFixed(1)} %`;
}
