import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { digestOf } from "../../platform/canonical-json.ts";
import { PlanSummary } from "./plan-summary.ts";
import { Program } from "./terraform-input.ts";

/** What a saved plan is made of, apart from what it would do. */
const PlanParts = z.strictObject({
  /** The path of the step that made it: what is approved and applied is no other step's plan. */
  step: z.string(),
  /** The plan file itself. */
  artifact: Artifact,
  /** The folder from Git with which it was made; absent for one on the worker. */
  source: Artifact.optional(),
  /** What applying needs besides: backend settings and variables. It holds secrets, as the plan file does. */
  setup: Artifact,
  program: Program,
  /** Of the program that made it. */
  version: z.string(),
  /** The directory as people know it. */
  directory: z.string(),
  /** Where in the source, or on the worker, the configuration stands. */
  path: z.string(),
  workspace: z.string(),
  /** The working folder: a plan holds absolute paths, so it is applied in the same one. */
  folder: z.strictObject({ name: z.string(), path: z.string() }),
});

/**
 * A plan as it goes from the step that made it through the gate to the step that applies it. The digest is of everything in it, so
 * what people were shown cannot be told apart from what is applied.
 */
export const SavedPlan = z.strictObject({ digest: z.string(), ...PlanParts.shape, ...PlanSummary.shape });
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
