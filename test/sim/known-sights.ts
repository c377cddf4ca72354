import { readFileSync, writeFileSync } from "node:fs";

import { z } from "zod";

import type { Planted, Sight } from "./mutant-hunt.ts";
import { REMOTE } from "./mutants/all-mutants.ts";
import { storyNumber } from "./replay-story.ts";

const FILE = new URL("mutants/known-sights.json", import.meta.url);
const Known = z.record(z.string(), z.string());

/** The seeds in which planted bugs were seen the last time: there they are looked for before anywhere else. */
export class KnownSights {
  readonly #seeds = readSights();

  /** Where it was seen. */
  seedOf(mutant: Planted): string | undefined {
    return this.#seeds.get(sightName(mutant));
  }

  /** What is to be played first for a bug. */
  of(mutant: Planted): readonly (string | number)[] {
    const seed = this.seedOf(mutant);
    if (seed === undefined) return [];
    return [mutant.part === REMOTE ? storyNumber(seed) : seed];
  }

  /** Writes down where it was seen now; others may have written since. */
  keep({ mutant, check, seed }: Sight): void {
    if (check === undefined || seed === "") return;
    const seeds = readSights().set(sightName(mutant), seed);
    const sorted = [...seeds].toSorted(([one], [other]) => (one < other ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  }
}

/** By the name of each bug. */
export function readSights(): Map<string, string> {
  return new Map(Object.entries(Known.parse(JSON.parse(readFileSync(FILE, "utf8")))));
}

/** Under what it is written down where a bug was seen. */
export function sightName({ part, file, what }: Pick<Planted, "part" | "file" | "what">): string {
  return `${part}: ${file}: ${what}`;
}
