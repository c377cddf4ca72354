import { begin } from "./evolve.ts";
import { advance } from "./advance.ts";
import { failAttempt, postpone, startAttempt, voidGate } from "./attempt.ts";
import { type Circumstances, Draft } from "./draft.ts";
import { decideGate, expireGate, openGate } from "./gate-decision.ts";
import type { GateDecisionInput, GateOpenedInput } from "./gate-decision.ts";
import type { Failure, Outcome } from "./outcome.ts";
import { isAfter, stepNode } from "./plan-walk.ts";
import type { RunEvent, RunEventOf } from "./run-event.ts";
import type { RunState, StepState } from "./run-state.ts";
import { isOpen } from "./run-state.ts";
import type { Json } from "../platform/canonical-json.ts";
import { durationText } from "../platform/duration.ts";

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
  /** Time has passed: whatever is due at this moment happens. `lastWords` is what steps said of themselves last, by path. */
  | { readonly type: "wake"; readonly lastWords?: ReadonlyMap<string, string> }
  /** The locks that the run waits for at `path` are its own now. */
  | { readonly type: "locks-granted"; readonly path: string }
  /** The server has started: what was handed out before is handed out again. */
  | { readonly type: "resume" };

/** The first facts of a run: that it started, and everything that starts with it. */
export function startRun(
  run: string,
  started: Omit<RunEventOf<"run.started">, "at" | "type">,
  circumstances: Circumstances,
): readonly RunEvent[] {
  const first: RunEvent = { ...started, type: "run.started", at: circumstances.at };
  const draft = new Draft(begin(run, first), circumstances);
  advance(draft);
  return [first, ...draft.events];
}

/** What one input leads to: the facts, and the state with them folded in. */
export interface Turn {
  readonly events: readonly RunEvent[];
  readonly state: RunState;
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
  return { events: draft.events, state: draft.state };
}

function apply(draft: Draft, input: RunInput): void {
  switch (input.type) {
    case "outcome":
      return withDispatch(draft, input, (step) => applyOutcome(draft, step, input.outcome));
    case "checkpoint":
      return withDispatch(draft, input, ({ path, attempt }) =>
        draft.emit({ type: "step.checkpointed", path, attempt, data: input.data }),
      );
    case "handed-back":
      return withDispatch(draft, input, (step) => redispatch(draft, step));
    case "gate-opened":
      return openGate(draft, input);
    case "gate-decision":
      return decideGate(draft, input);
    case "wake":
      return wake(draft, input.lastWords);
    case "locks-granted":
      return grant(draft, input.path);
    case "resume":
      return resume(draft);
  }
}

function withDispatch(draft: Draft, ref: DispatchRef, action: (step: StepState) => void): void {
  const step = draft.state.steps.get(ref.path);
  const isNewest = step?.attempt === ref.attempt && step.token === ref.token;
  if (step !== undefined && isNewest && step.status === "running") action(step);
}

function applyOutcome(draft: Draft, step: StepState, outcome: Outcome): void {
  const { path, attempt } = step;
  switch (outcome.status) {
    case "succeeded":
      return draft.emit({ type: "step.succeeded", path, attempt, output: outcome.output });
    case "postponed":
      return postpone(draft, step, outcome);
    case "failed": {
      const gate = outcome.failure.code === "approval.void" ? step.approval?.gate : undefined;
      // Only what comes after its gate is reached anew: not what is done about the failure of the run.
      if (gate === undefined || !isAfter(draft.state.plan, gate)(path)) {
        return failAttempt(draft, step, outcome.failure);
      }
      draft.emit({ type: "step.failed", path, attempt, failure: outcome.failure });
      const changed = outcome.failure.details?.["changed"];
      return voidGate(draft, gate, {
        changed: Array.isArray(changed) ? changed.map(String) : [],
        message: outcome.failure.message,
      });
    }
  }
}

function wake(draft: Draft, lastWords: ReadonlyMap<string, string> = new Map()): void {
  const { state, at } = draft;
  if (!isOpen(state)) return;
  if ((runDeadlineAt(state) ?? Infinity) <= at) return timeOutRun(draft, lastWords);
  for (const step of state.steps.values()) {
    if (!isUnderWay(step)) continue;
    if ((step.deadlineAt ?? Infinity) <= at) giveUp(draft, step, lastWords.get(step.path));
    else wakeStep(draft, step);
  }
}

/** The limit of the whole command; what is done about a failure is not cut off by it. */
function runDeadlineAt({ status, startedAt, plan }: RunState): number | undefined {
  return status === "running" && plan.timeoutMs !== undefined ? startedAt + plan.timeoutMs : undefined;
}

function timeOutRun(draft: Draft, lastWords: ReadonlyMap<string, string>): void {
  const { state } = draft;
  const limit = `The run did not end within ${durationText(state.plan.timeoutMs ?? 0)}, the time limit of its command.`;
  const steps = [...state.steps.values()].filter(isUnderWay);
  for (const step of steps) {
    const message = `${limit}${lastText(step, lastWords.get(step.path))}`;
    failFinally(draft, step, { code: "run.timeout", message, retry: "never" });
  }
  if (steps.length > 0) return;
  // Nothing is under way: it waits for a lock. Whatever it has of locks is given back.
  let waitsAt = "";
  for (const [path, { status, keys }] of state.locks) {
    if (status === "released") continue;
    if (status === "requested") waitsAt = path;
    draft.emit({ type: "lock.released", path, keys: [...keys] });
  }
  draft.emit({ type: "run.failed", path: waitsAt, failure: { code: "run.timeout", message: limit, retry: "never" } });
}

function wakeStep(draft: Draft, step: StepState): void {
  if (step.gate !== undefined) return expireGate(draft, step);
  if (step.status !== "running") return (step.wakeAt ?? Infinity) <= draft.at ? repeat(draft, step) : undefined;
  if ((step.attemptDeadlineAt ?? Infinity) > draft.at) return undefined;
  const limitMs = stepNode(draft.state.plan, step.path)?.attemptTimeoutMs ?? draft.at - step.startedAt;
  const message = `The attempt took longer than ${durationText(limitMs)}.`;
  return failAttempt(draft, step, { code: "attempt.timeout", message, retry: "backoff" });
}

function giveUp(draft: Draft, step: StepState, lastWords: string | undefined): void {
  const waited = durationText(draft.at - step.firstStartedAt);
  const message = `Did not end within ${waited}.${lastText(step, lastWords)}`;
  failFinally(draft, step, { code: "step.timeout", message, retry: "never" });
}

function failFinally(draft: Draft, { path, attempt }: StepState, failure: Failure): void {
  draft.emit({ type: "step.failed", path, attempt, failure });
}

function lastText(step: StepState, lastWords: string | undefined): string {
  const last = lastWords ?? step.note ?? step.failure?.message;
  return last === undefined ? "" : ` Last: ${last}`;
}

function repeat(draft: Draft, step: StepState): void {
  const node = stepNode(draft.state.plan, step.path);
  if (step.status === "retrying" && node !== undefined) {
    return startAttempt(draft, { path: step.path, node, input: step.input });
  }
  return redispatch(draft, step);
}

function redispatch(draft: Draft, { path, attempt, status }: StepState): void {
  const limitMs = status === "postponed" ? stepNode(draft.state.plan, path)?.attemptTimeoutMs : undefined;
  const limit = limitMs === undefined ? {} : { attemptDeadlineAt: draft.at + limitMs };
  draft.emit({ type: "step.dispatched", path, attempt, token: draft.state.version + 1, ...limit });
}

function grant(draft: Draft, path: string): void {
  const lock = draft.state.locks.get(path);
  if (lock?.status === "requested") draft.emit({ type: "lock.acquired", path, keys: [...lock.keys] });
}

function resume(draft: Draft): void {
  for (const step of draft.state.steps.values()) {
    if (step.sort === "action" && step.status === "running") redispatch(draft, step);
  }
}

function isUnderWay(step: StepState): boolean {
  return step.status === "running" || step.status === "retrying" || step.status === "postponed";
}

/** The next moment at which `wake` would do something; undefined when nothing is timed. */
export function nextWakeAt(state: RunState): number | undefined {
  if (!isOpen(state)) return undefined;
  // Of all steps most have ended, and this is asked with every commit: no copies are made.
  let earliest = runDeadlineAt(state) ?? Infinity;
  for (const step of state.steps.values()) {
    if (isUnderWay(step)) earliest = Math.min(earliest, step.deadlineAt ?? Infinity, ownMoment(step) ?? Infinity);
  }
  return earliest === Infinity ? undefined : earliest;
}

function ownMoment(step: StepState): number | undefined {
  if (step.gate !== undefined) return step.gate.expiresAt;
  return step.status === "running" ? step.attemptDeadlineAt : step.wakeAt;
}
