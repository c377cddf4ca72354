import { z } from "zod";

import { ANY, type TypeScope } from "../../expressions/expression-type.ts";
import { assertionOver, whyNot } from "../network/answer-check.ts";
import type { ManifestFinding } from "./manifest-finding.ts";
import type { RenderedObject } from "./manifest-images.ts";

const SCOPE: TypeScope = { manifest: ANY };

/** Something that has to hold of each object of some kinds. */
export const ManifestRule = z.strictObject({
  name: z.string().min(1).max(100),
  kinds: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Such as Deployment; every kind unless said" }),
  condition: assertionOver(SCOPE).meta({ description: "What has to hold of `manifest`, in CEL" }),
  message: z.string().min(1).max(300).meta({ description: "What to do where it does not hold" }),
});
export type ManifestRule = z.infer<typeof ManifestRule>;

/** What breaks the rules. A condition that cannot be evaluated does not hold. */
export function brokenRules(
  objects: readonly RenderedObject[],
  rules: readonly ManifestRule[],
): readonly ManifestFinding[] {
  return rules.flatMap(({ name, kinds, condition, message }) =>
    objects
      .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
      .flatMap(({ where, value }) => {
        const problem = whyNot(condition, { manifest: value });
        return problem === undefined ? [] : [{ where, rule: name, problem: `${message} (${problem.slice(0, 200)})` }];
      }),
  );
}
