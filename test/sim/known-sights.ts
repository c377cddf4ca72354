import { readFileSync, writeFileSync } from "node:fs";

import { z } from "zod";

import type { Planted, Sight } from "./mutant-hunt.ts";
import { REMOTE } from "./mutants/all-mutants.ts";
import { storyNumber } from "./replay-story.ts";

const FILE = new URL("mutants/known-sights.json", import.meta.url);
const Known = z.record(z.string(), z.string());

/** The seeds in which planted bugs were seen the last time: there they are looked for before anywhere else. */
export class KnownSights {
  readonly #seeds: Map<string, string>;

  constructor() {
    this.#seeds = new Map(Object.entries(Known.parse(JSON.parse(readFileSync(FILE, "utf8")))));
  }

  /** What is to be played first for a bug. */
  of(mutant: Planted): readonly (string | number)[] {
    const seed = this.#seeds.get(nameOf(mutant));
    if (seed === undefined) return [];
    return [mutant.part === REMOTE ? storyNumber(seed) : seed];
  }

  /** Of a part of the program, each once. */
  ofPart(part: string): readonly string[] {
    const own = Array.from(this.#seeds).filter(([name]) => name.startsWith(`${part}: `));
    return [...new Set(own.map(([, seed]) => seed))];
  }

  /** Writes down where they were seen now. */
  keep(sights: readonly Sight[]): void {
    for (const { mutant, check, seed } of sights) {
      if (check !== undefined && seed !== "") this.#seeds.set(nameOf(mutant), seed);
    }
    const sorted = [...this.#seeds].toSorted(([one], [other]) => (one < other ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  }
}

function nameOf({ part, file, what }: Planted): string {
  return `${part}: ${file}: ${what}`;
}
