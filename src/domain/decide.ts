import { begin } from "./evolve.ts";
import { advance } from "./advance.ts";
import { failAttempt, postpone } from "./attempt.ts";
import { applyStopped, type CancelInput, cancelRun } from "./cancel.ts";
import { type Circumstances, Draft } from "./draft.ts";
import { decideGate, openGate } from "./gate-decision.ts";
import type { GateDecisionInput, GateOpenedInput } from "./gate-decision.ts";
import { artifactsOf, type Outcome } from "./outcome.ts";
import { receiveSignal, type SignalInput } from "./receive-signal.ts";
import { type RetryInput, retryRun } from "./retry.ts";
import type { RunEvent, RunEventOf } from "./run-event.ts";
import type { RunState, StepState } from "./run-state.ts";
import { isBeingStopped, isOpen } from "./run-state.ts";
import { redispatch, wake } from "./wake.ts";
import type { Json } from "../platform/canonical-json.ts";

/** Which attempt, as handed out by which dispatch, something is about. */
export interface DispatchRef {
  readonly path: string;
  readonly attempt: number;
  readonly token: number;
}

/** Everything that can happen to a run. */
export type RunInput =
  | (DispatchRef & { readonly type: "outcome"; readonly outcome: Outcome })
  | (DispatchRef & { readonly type: "checkpoint"; readonly data: Json })
  /** Whoever executed the attempt is gone or gave it back, and it may be repeated. */
  | (DispatchRef & { readonly type: "handed-back" })
  | GateOpenedInput
  | GateDecisionInput
  | CancelInput
  | RetryInput
  | SignalInput
  /** Time has passed: whatever is due at this moment happens. `lastWords` is what steps said of themselves last, by path. */
  | { readonly type: "wake"; readonly lastWords?: ReadonlyMap<string, string> }
  /** The locks that the run waits for at `path` are its own now. */
  | { readonly type: "locks-granted"; readonly path: string }
  /**
   * The server has started: what was handed out before is handed out again, but for `unrepeatable` kinds, of which whoever
   * hands them out finds out whether somebody still has them.
   */
  | { readonly type: "resume"; readonly unrepeatable?: ReadonlySet<string> };

/** The first facts of a run: that it started, and everything that starts with it. */
export function startRun(
  run: string,
  started: Omit<RunEventOf<"run.started">, "at" | "type">,
  circumstances: Circumstances,
): Turn {
  const first: RunEvent = { ...started, type: "run.started", at: circumstances.at };
  const draft = new Draft(begin(run, first), circumstances);
  advance(draft);
  return { events: [first, ...draft.events], state: draft.state };
}

/** What one input leads to: the facts, and the state with them folded in. */
export interface Turn {
  readonly events: readonly RunEvent[];
  readonly state: RunState;
  /** Why what a person asked for was not done; also a fact. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** What follows from one input. No facts mean that the input is stale, doubled or about nothing: it changes nothing. */
export function decide(state: RunState, input: RunInput, circumstances: Circumstances): readonly RunEvent[] {
  return takeTurn(state, input, circumstances).events;
}

/** The same with the new state, which is known by then. */
export function takeTurn(state: RunState, input: RunInput, circumstances: Circumstances): Turn {
  const draft = new Draft(state, circumstances);
  apply(draft, input);
  if (draft.events.length > 0 && isOpen(draft.state)) advance(draft);
  const refused = draft.events.find((event) => event.type === "run.refused" || event.type === "gate.refused");
  return {
    events: draft.events,
    state: draft.state,
    ...(refused && { refusal: { code: refused.code, message: refused.message } }),
  };
}

function apply(draft: Draft, input: RunInput): void {
  switch (input.type) {
    case "outcome":
      return withDispatch(draft, input, (step) => {
        if (isBeingStopped(draft.state, step)) applyStopped(draft, step, input.outcome);
        else applyOutcome(draft, step, input.outcome);
      });
    case "checkpoint":
      return withDispatch(draft, input, (step) => {
        const { path, attempt } = step;
        // Whoever is refused this goes no further, so that what is to stop does not begin anything.
        if (!isBeingStopped(draft.state, step))
          draft.emit({ type: "step.checkpointed", path, attempt, data: input.data });
      });
    case "handed-back":
      return withDispatch(draft, input, (step) => {
        if (isBeingStopped(draft.state, step)) applyStopped(draft, step, GIVEN_BACK);
        else redispatch(draft, step);
      });
    case "gate-opened":
      return openGate(draft, input);
    case "gate-decision":
      return decideGate(draft, input);
    case "cancel":
      return cancelRun(draft, input);
    case "retry":
      return retryRun(draft, input);
    case "signal":
      return receiveSignal(draft, input);
    case "wake":
      return wake(draft, input.lastWords);
    case "locks-granted":
      return grant(draft, input.path);
    case "resume":
      return resume(draft, input.unrepeatable);
  }
}

const GIVEN_BACK: Outcome = { status: "postponed", code: "handed-back", message: "it was given back", afterMs: 0 };

function withDispatch(draft: Draft, ref: DispatchRef, action: (step: StepState) => void): void {
  const step = draft.state.steps.get(ref.path);
  const isNewest = step?.attempt === ref.attempt && step.token === ref.token;
  if (step !== undefined && isNewest && step.status === "running") action(step);
}

function applyOutcome(draft: Draft, step: StepState, outcome: Outcome): void {
  const { path, attempt } = step;
  switch (outcome.status) {
    case "succeeded":
      return draft.emit({ type: "step.succeeded", path, attempt, output: outcome.output, ...artifactsOf(outcome) });
    case "postponed":
      return postpone(draft, step, outcome);
    case "failed":
      // What was approved has changed: no repetition helps, and the walk sees to it that the approval is asked for anew.
      if (outcome.failure.code !== "approval.void" || step.approval === undefined)
        return failAttempt(draft, step, outcome);
      return draft.emit({ type: "step.failed", path, attempt, failure: outcome.failure, ...artifactsOf(outcome) });
  }
}

function grant(draft: Draft, path: string): void {
  const lock = draft.state.locks.get(path);
  if (lock?.status === "requested") draft.emit({ type: "lock.acquired", path, keys: [...lock.keys] });
}

function resume(draft: Draft, unrepeatable: ReadonlySet<string> = new Set()): void {
  for (const step of draft.state.steps.values()) {
    const isHandedOut = step.sort === "action" && step.status === "running" && !unrepeatable.has(step.uses);
    if (isHandedOut && !isBeingStopped(draft.state, step)) redispatch(draft, step);
  }
}
