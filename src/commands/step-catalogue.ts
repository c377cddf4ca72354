import type { z } from "zod";

import type { StepSort } from "../domain/plan.ts";

/** What a command file must know of a step kind to be checked against it. */
export interface StepDescription {
  readonly sort: StepSort;
  readonly protects: boolean;
  readonly stopWith?: string | undefined;
  readonly awaits?: "signal" | undefined;
  readonly inputSchema: z.ZodType;
  readonly outputSchema: z.ZodType;
}

/** The step kinds that there are, by what stands after `uses:`. A map of step kinds is one. */
export interface StepCatalogue {
  get(uses: string): StepDescription | undefined;
  keys(): Iterable<string>;
}
