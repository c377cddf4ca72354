import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { digestOf } from "../../platform/canonical-json.ts";
import { PlanSummary } from "./plan-summary.ts";
import { Program } from "./terraform-input.ts";

/** What a saved plan is made of, apart from what it would do. */
const PlanParts = z.strictObject({
  step: z.string().meta({ description: "The path of the step that made it" }),
  artifact: Artifact.meta({ description: "The plan file itself", whole: true }),
  source: Artifact.optional().meta({ description: "The folder from Git with which it was made", whole: true }),
  setup: Artifact.meta({ description: "Backend settings and variables, which applying needs besides", whole: true }),
  program: Program,
  version: z.string().meta({ description: "Of the program that made it" }),
  directory: z.string().meta({ description: "Where its configuration stands, as people know it" }),
  path: z.string().meta({ description: "Where in the source, or on the worker" }),
  workspace: z.string(),
  folder: z.strictObject({ name: z.string(), path: z.string() }).meta({
    description: "The working folder: a plan holds absolute paths, so it is applied in the same one",
    whole: true,
  }),
});

/**
 * A plan as it goes from the step that made it through the gate to the step that applies it. The digest is of everything in it, so
 * what people were shown cannot be told apart from what is applied.
 */
export const SavedPlan = z.strictObject({
  digest: z.string().meta({ description: "Of everything else in here" }),
  ...PlanParts.shape,
  ...PlanSummary.shape,
});
export type SavedPlan = z.infer<typeof SavedPlan>;

/** Puts the digest on a plan. */
export function sealPlan(plan: Omit<SavedPlan, "digest">): SavedPlan {
  return { digest: digestOf(plan), ...plan };
}

/** Whether a plan is, in every part, the one that got this digest. */
export function isWhole({ digest, ...plan }: SavedPlan): boolean {
  return digest === digestOf(plan);
}

/** The id of the step that made it, for a run that has to make it anew. */
export function planStepId({ step }: Pick<SavedPlan, "step">): string {
  return step.slice(step.lastIndexOf("/") + 1);
}
