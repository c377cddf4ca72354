import type { z } from "zod";

import type { StepSort } from "../domain/plan.ts";
import type { JsonMap } from "../platform/canonical-json.ts";

/** What a command file must know of a step kind to be checked against it. */
export interface StepDescription {
  readonly sort: StepSort;
  readonly protects: boolean;
  readonly stopWith?: string | undefined;
  readonly awaits?: "signal" | undefined;
  readonly inputSchema: z.ZodType;
  readonly outputSchema: z.ZodType;
  /**
   * What can be known wrong in what a step is given beyond its schema, with where it stands below `with`. A text in which `${{` stands
   * is not known yet.
   */
  readonly givenFaults?:
    | ((given: JsonMap) => readonly { readonly path: readonly (string | number)[]; readonly message: string }[])
    | undefined;
}

/** The step kinds that there are, by what stands after `uses:`. A map of step kinds is one. */
export interface StepCatalogue {
  get(uses: string): StepDescription | undefined;
  keys(): Iterable<string>;
}
