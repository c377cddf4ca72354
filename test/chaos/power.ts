import { seededFractions } from "../support/seeded-fractions.ts";
import { type ChaosFigure, never } from "./chaos-figure.ts";
import { type CutKind, CUTS } from "./cuts.ts";
import { type Noticed, reopen } from "./power-cuts.ts";
import type { PartReport } from "./report.ts";
import { type Album, photograph } from "./store-under-load.ts";
import { canTrace, traceStore } from "./traced-store.ts";

export interface PowerOptions {
  readonly seed: number;
  /** How many states of the files of each sort. */
  readonly each: number;
  readonly photographs: number;
}

const TRACED_TURNS = 200;

/** What a machine that loses its power leaves of the log, and who notices which loss. */
export async function powerCuts({ seed, each, photographs }: PowerOptions): Promise<PartReport> {
  const album = await photograph(photographs);
  const figures = [await syncFigure()];
  for (const kind of CUTS) figures.push(await cutFigure(kind, { album, each, fractions: seededFractions(seed) }));
  const wrong = figures.filter(({ holds }) => holds === false);
  return {
    figures,
    findings: wrong.map(({ what, result }) => `power: ${what}: ${result}`),
    troubles: new Map(),
    lastLines: [],
  };
}

async function syncFigure(): Promise<ChaosFigure> {
  const what = "turns acknowledged before the disk was told to keep them";
  if (!canTrace()) return { part: "power", what, tries: "0", result: "skipped: there is no strace", goal: "0" };
  const { acknowledged, early, syncs } = await traceStore(TRACED_TURNS);
  const holds = early === 0 && syncs > 0 && acknowledged > 0;
  return { part: "power", what, tries: String(acknowledged), result: String(early), goal: "0", holds };
}

const ORDER: readonly Noticed[] = ["nothing lost", "start", "verify", "head only", "derived only", "nobody"];
const WORDS: Readonly<Record<Noticed, string>> = {
  "nothing lost": "nothing lost",
  start: "the start refuses",
  verify: "audit verify",
  "head only": "audit verify --head",
  "derived only": "only tables derived from the log",
  nobody: "NOBODY",
};

async function cutFigure(
  kind: CutKind,
  { album, each, fractions }: { readonly album: Album; readonly each: number; readonly fractions: () => number },
): Promise<ChaosFigure> {
  const found: Noticed[] = [];
  for (let number = 0; number < each; number += 1) {
    const cut = kind.make(album, fractions);
    if (cut !== undefined) found.push(await reopen(cut.files, cut.head));
  }
  if (kind.isPossible) {
    const lost = found.filter((noticed) => noticed !== "nothing lost");
    return never("power", `power cut, ${kind.says}: acknowledged events lost`, { tries: found.length, found: lost });
  }
  const counts = ORDER.map((noticed) => [noticed, found.filter((one) => one === noticed).length] as const);
  const result = counts.flatMap(([noticed, count]) => (count === 0 ? [] : [`${WORDS[noticed]} ${count}`])).join(", ");
  const what = `no power cut leaves this: ${kind.says}. Noticed by`;
  const figure = { part: "power", what, tries: String(found.length), result, goal: "NOBODY 0" };
  return found.length === 0 ? figure : { ...figure, holds: !found.includes("nobody") };
}
