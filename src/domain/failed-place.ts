import { z } from "zod";

import { stepNode } from "./plan-walk.ts";
import type { RunState, StepState } from "./run-state.ts";
import { environmentOf } from "./run-view.ts";
import { ApprovalRule } from "./target.ts";

/** An environment in which a run has failed after it had changed something there. */
export const FailedPlace = z.strictObject({
  /** The environment's name. */
  name: z.string(),
  service: z.string(),
  app: z.string(),
  /** The commit that was live there before the run. */
  before: z.string(),
  approval: ApprovalRule.optional(),
});
export type FailedPlace = z.infer<typeof FailedPlace>;

/** Undefined where the run failed outside of its environments, or before it had changed anything in the one where it failed. */
export function failedPlace(state: RunState): FailedPlace | undefined {
  const failed = state.steps.get(state.failure?.path ?? "");
  const name = failed && environmentOf(state, failed);
  const target = state.targets.find(({ environment }) => environment === name);
  if (target === undefined) return undefined;
  // What was synced twice had been changed by the first time already.
  const before = [...state.steps.values()].flatMap((step) =>
    environmentOf(state, step) === name ? (liveBefore(state, step) ?? []) : [],
  );
  const { service, app, approval } = target;
  const [first] = before;
  if (first === undefined) return undefined;
  return { name: target.environment, service, app, before: first, ...(approval && { approval }) };
}

/** What was live before a step that has changed what is; its kind says so as its output `before`. */
function liveBefore(state: RunState, { path, status, output, input }: StepState): string | undefined {
  if (status !== "succeeded" || stepNode(state.plan, path)?.protects !== true) return undefined;
  const before = output?.["before"];
  return typeof before === "string" && before !== "" && before !== input["revision"] ? before : undefined;
}
