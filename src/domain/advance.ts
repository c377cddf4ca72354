import type { JsonMap } from "../platform/canonical-json.ts";
import { errorCode, errorText } from "../platform/errors.ts";
import { advanceCancel } from "./cancel.ts";
import { conclude } from "./conclude.ts";
import type { Draft } from "./draft.ts";
import type { Failure } from "./outcome.ts";
import { topPlace, valuesOf } from "./place.ts";
import { branchNodes, type PlanBranch, rootPath } from "./plan-walk.ts";
import type { Reached } from "./reached.ts";
import { walk } from "./walk.ts";

/**
 * Carries the chain on from where it stands: starts everything that can start now, enters blocks, takes and gives back
 * locks, and ends the run when nothing is left. Does nothing when everything that can run is already under way.
 */
export function advance(draft: Draft): void {
  if (draft.state.status === "running") advanceSteps(draft);
  if (draft.state.status === "failing") advanceOnFailure(draft);
  if (draft.state.status === "cancelling") advanceCancel(draft);
  if (draft.state.status === "concluding") advanceFinally(draft);
}

function advanceSteps(draft: Draft): void {
  const reached = walkBranch(draft, "steps");
  if (reached.kind === "failed") draft.emit({ type: "run.failed", path: reached.path, failure: reached.failure });
  if (reached.kind !== "done") return;
  const given = outputsOf(draft);
  if (given.kind === "failed") draft.emit({ type: "run.failed", path: given.path, failure: given.failure });
  else conclude(draft, { status: "succeeded", outputs: given.outputs });
}

function advanceOnFailure(draft: Draft): void {
  const reached = walkBranch(draft, "on-failure");
  if (reached.kind !== "pending") conclude(draft, { status: "failed" });
}

function advanceFinally(draft: Draft): void {
  const reached = walkBranch(draft, "finally");
  if (reached.kind === "pending") return;
  const { conclusion: status = "failed" } = draft.state;
  if (status !== "succeeded") return conclude(draft, { status });
  const given = reached.kind === "failed" ? reached : outputsOf(draft);
  if (given.kind === "given") return conclude(draft, { status, outputs: given.outputs });
  draft.emit({ type: "run.failed", path: given.path, failure: given.failure });
  conclude(draft, { status: "failed" });
}

function walkBranch(draft: Draft, branch: PlanBranch): Reached {
  const nodes = branchNodes(draft.state.plan, branch);
  for (;;) {
    const before = draft.events.length;
    const reached = walk(draft, nodes, topPlace(draft.state, branch, "on"));
    // What leads to the approval that is asked for anew may begin at once.
    if (!draft.events.slice(before).some(({ type }) => type === "gate.voided")) return reached;
  }
}

type Given =
  | { readonly kind: "given"; readonly outputs: JsonMap | undefined }
  | { readonly kind: "failed"; readonly path: string; readonly failure: Failure };

/** What a run gives whose steps have all been done. */
function outputsOf(draft: Draft): Given {
  const { plan } = draft.state;
  if (plan.outputs === undefined) return { kind: "given", outputs: undefined };
  const place = topPlace(draft.state, "steps", "look");
  try {
    walk(draft, plan.steps, place);
    return { kind: "given", outputs: valuesOf(plan.outputs, place.scope) };
  } catch (error) {
    const failure = { code: errorCode(error), message: errorText(error), retry: "never" as const };
    return { kind: "failed", path: `${rootPath(plan, "steps")}/outputs`, failure };
  }
}
