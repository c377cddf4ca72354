import { isDeepStrictEqual } from "node:util";

import type { EventStore } from "../../../src/engine/ports.ts";
import type { PlainFact } from "./signal-book.ts";

/** What was recorded of runs, and everything that is said of them. */
export class RunFacts {
  readonly byRun = new Map<string, PlainFact[]>();
  readonly #said = new Set<string>();

  note(run: string, events: readonly object[]): void {
    const facts = events.map(plain);
    this.byRun.set(run, [...(this.byRun.get(run) ?? []), ...facts]);
    for (const fact of facts) this.say(JSON.stringify(fact));
  }

  say(text: string): void {
    this.#said.add(text);
  }

  /** What was said since it was asked for the last time. */
  takeSaid(): readonly string[] {
    const said = [...this.#said];
    this.#said.clear();
    return said;
  }

  /** What is wrong with the log itself, of these runs. */
  compareLog(events: Pick<EventStore, "readRun">, runs: readonly string[]): readonly string[] {
    const isKept = runs.every((run) => isDeepStrictEqual(events.readRun(run).map(plain), this.byRun.get(run)));
    return isKept ? [] : ["the log is not what was recorded"];
  }
}

/** As a reader of the log has it. */
export function plain(fact: object): PlainFact {
  return JSON.parse(JSON.stringify(fact));
}
