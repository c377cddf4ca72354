import type { PlainFact } from "../signal-book.ts";
import type { ForgeWorld } from "./forge-world.ts";
import { requestFaults } from "./request-check.ts";
import { outageFaults, verdictFaults } from "./verdict-check.ts";
import { writtenFaults } from "./written-check.ts";

/** The logs of all runs, and what happened outside. */
export interface Looked {
  readonly facts: ReadonlyMap<string, readonly PlainFact[]>;
  readonly world: ForgeWorld;
}

/** What is wrong about them; nothing where all is as it has to be. */
export function forgeFaults(looked: Looked): readonly string[] {
  return [...writtenFaults(looked), ...requestFaults(looked), ...verdictFaults(looked), ...outageFaults(looked)];
}
