import { durationText } from "../platform/duration.ts";
import { startAttempt } from "./attempt.ts";
import { conclude } from "./conclude.ts";
import type { Draft } from "./draft.ts";
import { artifactsOf, type Outcome } from "./outcome.ts";
import { stepNode } from "./plan-walk.ts";
import { isBeingStopped, isUnderWay, type RunState, type StepState } from "./run-state.ts";
import { stopNode } from "./stop-step.ts";

/** The run is to end now, whatever it is doing. */
export interface CancelInput {
  readonly type: "cancel";
  /** Pseudonym. */
  readonly actor: string;
  /** Empty when none was given. */
  readonly reason: string;
  /** The run that takes over: an urgent one, or a newer one of the same service. */
  readonly by?: string | undefined;
}

// An HTTP request that was under way when the step was told to stop has its answer, or its own time limit, by then.
const STOP_ANSWER_MS = 60_000;

/** Ends at once what only waits; what is being executed is aborted, and its outcome awaited. */
export function cancelRun(draft: Draft, { actor, reason, by }: CancelInput): void {
  const refusal = refusalOf(draft.state);
  if (refusal !== undefined) {
    // A run that gives way already need not be told twice.
    if (by === undefined) draft.emit({ type: "run.refused", actor, verb: "cancel", ...refusal });
    return;
  }
  const before = draft.state;
  draft.emit({ type: "run.cancel-requested", actor, reason, ...(by !== undefined && { by }) });
  for (const step of before.steps.values()) {
    if (isUnderWay(step) && !isBeingStopped(draft.state, step)) end(draft, step, "The run was cancelled.");
  }
  for (const [path, { status, keys }] of before.locks) {
    if (status === "requested") draft.emit({ type: "lock.released", path, keys: [...keys] });
  }
}

function refusalOf({ status }: RunState): { readonly code: string; readonly message: string } | undefined {
  switch (status) {
    case "running":
    case "failing":
    case "concluding":
      return undefined;
    case "cancelling":
      return {
        code: "cancel.under-way",
        message: "It is being cancelled already: it ends as soon as what it has under way has stopped.",
      };
    case "succeeded":
      return { code: "cancel.ended", message: "It has succeeded already, so there is nothing left to cancel." };
    case "failed":
      return { code: "cancel.ended", message: "It has failed already, so there is nothing left to cancel." };
    case "cancelled":
      return { code: "cancel.ended", message: "It was cancelled already." };
  }
}

// It was aborted, or was refused to write down that it is about to begin before it heard that it is to stop.
const DID_AS_TOLD: ReadonlySet<string> = new Set(["cancelled", "step.superseded"]);

/** How an action ended that had been told to stop: what it did succeed in counts, everything else is what was asked for. */
export function applyStopped(draft: Draft, step: StepState, outcome: Outcome): void {
  const { path, attempt } = step;
  if (outcome.status === "succeeded") {
    draft.emit({ type: "step.succeeded", path, attempt, output: outcome.output, ...artifactsOf(outcome) });
  } else if (outcome.status === "failed" && !DID_AS_TOLD.has(outcome.failure.code)) {
    draft.emit({ type: "step.failed", path, attempt, failure: outcome.failure, ...artifactsOf(outcome) });
  } else end(draft, step, "It was stopped, because the run was cancelled.");
}

/** The moment at which an action that was told to stop and does not answer is cut off. */
export function stopDeadline({ cancel }: RunState): number | undefined {
  return cancel === undefined ? undefined : cancel.at + STOP_ANSWER_MS;
}

/** Its outcome is not waited for any longer; should it come, it changes nothing. */
export function cutOff(draft: Draft, step: StepState): void {
  const limit = durationText(STOP_ANSWER_MS);
  end(draft, step, `It was told to stop and did not answer within ${limit}, so it was cut off. It may have done more.`);
}

function end(draft: Draft, { path, attempt }: StepState, message: string): void {
  draft.emit({ type: "step.cancelled", path, attempt, message });
}

/**
 * Carries a cancelled run on to its end: when all of its steps have ended, what they may have left running is ended too, and
 * only then are its locks given back.
 */
export function advanceCancel(draft: Draft): void {
  if (hasUnderWay(draft.state)) return;
  for (const step of leftovers(draft.state)) startStop(draft, step);
  if (hasUnderWay(draft.state)) return;
  for (const [path, { status, keys }] of draft.state.locks) {
    if (status === "held" || status === "requested") draft.emit({ type: "lock.released", path, keys: [...keys] });
  }
  // A run that had failed stays so: only what was done about it was cut short.
  conclude(draft, { status: draft.state.failure === undefined ? "cancelled" : "failed" });
}

function hasUnderWay(state: RunState): boolean {
  return [...state.steps.values()].some(isUnderWay);
}

/** Steps that may have left something running: they did, or were about to do, something, and nothing proves that it is over. */
function leftovers(state: RunState): readonly StepState[] {
  const steps = [...state.steps.values()];
  return steps.filter((step, index) => {
    const hasActed = step.output !== undefined || step.checkpoint !== undefined;
    if (!hasActed || stepNode(state.plan, step.path)?.stopWith === undefined) return false;
    const isProven = steps
      .slice(index + 1)
      .some(
        (later) => later.sort === "wait" && later.status === "succeeded" && later.input["app"] === step.input["app"],
      );
    return !isProven && !state.steps.has(stopPath(step));
  });
}

function startStop(draft: Draft, step: StepState): void {
  const uses = stepNode(draft.state.plan, step.path)?.stopWith;
  if (uses === undefined) return;
  const operation = step.output?.["operation"] ?? step.checkpoint ?? null;
  const input = { app: step.input["app"] ?? null, operation };
  startAttempt(draft, { path: stopPath(step), node: stopNode(uses), input, stops: step.path });
}

function stopPath({ path }: StepState): string {
  return `${path}/stop`;
}
