import { actMutants } from "./act-mutants.ts";
import { assessMutants } from "./assess-mutants.ts";
import { carryMutants } from "./carry-mutants.ts";
import { domainMutants } from "./domain-mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Every bug that is planted, by the part of the program in which it stands. */
export const allMutants: ReadonlyMap<string, readonly Mutant[]> = new Map([
  ["decide", domainMutants],
  ["assess", assessMutants],
  ["act", actMutants],
  ["carry", carryMutants],
]);
