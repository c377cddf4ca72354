import { actMutants } from "./act-mutants.ts";
import { assessMutants } from "./assess-mutants.ts";
import { carryMutants } from "./carry-mutants.ts";
import { chainMutants } from "./chain-mutants.ts";
import { domainMutants } from "./domain-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { remoteMutants } from "./remote-mutants.ts";

/** The part that is looked at in stories of its own. */
export const REMOTE = "workers";

/** Every bug that is planted, by the part of the program in which it stands. */
export const allMutants: ReadonlyMap<string, readonly Mutant[]> = new Map([
  ["decide", domainMutants],
  ["chain", chainMutants],
  ["assess", assessMutants],
  ["act", actMutants],
  ["carry", carryMutants],
  [REMOTE, remoteMutants],
]);
