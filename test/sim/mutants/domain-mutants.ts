import type { Mutant } from "./mutant.ts";

export const domainMutants: readonly Mutant[] = [];
