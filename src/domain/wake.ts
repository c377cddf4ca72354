import { durationText } from "../platform/duration.ts";
import { failAttempt, startAttempt } from "./attempt.ts";
import { cutOff, stopDeadline } from "./cancel.ts";
import type { Draft } from "./draft.ts";
import { expireGate } from "./gate-decision.ts";
import type { Failure } from "./outcome.ts";
import { isBeingStopped, isOpen, isUnderWay, type RunState, type StepState } from "./run-state.ts";
import { nodeOf } from "./stop-step.ts";

/** Lets happen whatever is due. `lastWords` is what steps said of themselves last, by path. */
export function wake(draft: Draft, lastWords: ReadonlyMap<string, string> = new Map()): void {
  const { state, at } = draft;
  if (!isOpen(state)) return;
  if ((runDeadlineAt(state) ?? Infinity) <= at) return timeOutRun(draft, lastWords);
  for (const step of state.steps.values()) {
    if (!isUnderWay(step)) continue;
    if (isBeingStopped(state, step) && (stopDeadline(state) ?? Infinity) <= at) cutOff(draft, step);
    else if ((step.deadlineAt ?? Infinity) <= at) giveUp(draft, step, lastWords.get(step.path));
    else wakeStep(draft, step);
  }
}

/** The next moment at which `wake` would do something; undefined when nothing is timed. */
export function nextWakeAt(state: RunState): number | undefined {
  if (!isOpen(state)) return undefined;
  // Of all steps most have ended, and this is asked with every commit: no copies are made.
  let earliest = runDeadlineAt(state) ?? Infinity;
  for (const step of state.steps.values()) {
    if (!isUnderWay(step)) continue;
    const stopAt = isBeingStopped(state, step) ? stopDeadline(state) : undefined;
    earliest = Math.min(earliest, step.deadlineAt ?? Infinity, ownMoment(step) ?? Infinity, stopAt ?? Infinity);
  }
  return earliest === Infinity ? undefined : earliest;
}

// What keeps clocks right moves them by less than this.
const SET_BACK_MS = 2000;

/**
 * Whether the clock has been set back since the run changed last. Then nobody knows when the moment comes that its next try was
 * put off to: it may be as far away as the clock was wrong.
 */
function isSetBack({ changedAt }: Pick<RunState, "changedAt">, nowMs: number): boolean {
  return changedAt - nowMs > SET_BACK_MS;
}

/** Hands the attempt out again, under a newer token. */
export function redispatch(draft: Draft, { path, attempt, status }: StepState): void {
  const limitMs = status === "postponed" ? nodeOf(draft.state, path)?.attemptTimeoutMs : undefined;
  const limit = limitMs === undefined ? {} : { attemptDeadlineAt: draft.at + limitMs };
  draft.emit({ type: "step.dispatched", path, attempt, token: draft.state.version + 1, ...limit });
}

/** The limit of the whole command, counted anew from a retry; what is done about a failure is not cut off by it. */
function runDeadlineAt({ status, startedAt, retries, plan }: RunState): number | undefined {
  if (status !== "running" || plan.timeoutMs === undefined) return undefined;
  return (retries.at(-1)?.at ?? startedAt) + plan.timeoutMs;
}

function timeOutRun(draft: Draft, lastWords: ReadonlyMap<string, string>): void {
  const { state } = draft;
  const limit = `The run did not end within ${durationText(state.plan.timeoutMs ?? 0)}, the time limit of its command.`;
  let first: { readonly path: string; readonly failure: Failure } | undefined;
  for (const step of [...state.steps.values()].filter(isUnderWay)) {
    const message = `${limit}${lastText(step, lastWords.get(step.path))}`;
    const failure: Failure = { code: "run.timeout", message, retry: "never" };
    failFinally(draft, step, failure);
    first ??= { path: step.path, failure };
  }
  // Whatever it has of locks is given back, the innermost first; where nothing was under way it waited for one of them.
  for (const [path, { status, keys }] of [...state.locks].toReversed()) {
    if (status !== "requested" && status !== "held") continue;
    draft.emit({ type: "lock.released", path, keys: [...keys] });
    if (status === "requested") first ??= { path, failure: { code: "run.timeout", message: limit, retry: "never" } };
  }
  const { path = "", failure = { code: "run.timeout", message: limit, retry: "never" } } = first ?? {};
  draft.emit({ type: "run.failed", path, failure });
}

function wakeStep(draft: Draft, step: StepState): void {
  if (step.gate !== undefined) return expireGate(draft, step);
  if (step.status !== "running") {
    const isDue = (step.wakeAt ?? Infinity) <= draft.at || isSetBack(draft.state, draft.at);
    return isDue ? repeat(draft, step) : undefined;
  }
  if ((step.attemptDeadlineAt ?? Infinity) > draft.at) return undefined;
  const limitMs = nodeOf(draft.state, step.path)?.attemptTimeoutMs ?? draft.at - step.startedAt;
  const message = `The attempt took longer than ${durationText(limitMs)}.`;
  return failAttempt(draft, step, { failure: { code: "attempt.timeout", message, retry: "backoff" } });
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
  if (step.signal !== undefined) return ` Nobody has sent the signal "${step.signal.name}".`;
  const last = lastWords ?? step.note ?? step.failure?.message;
  return last === undefined ? "" : ` Last: ${last}`;
}

function repeat(draft: Draft, step: StepState): void {
  const node = nodeOf(draft.state, step.path);
  if (step.status === "retrying" && node !== undefined) {
    return startAttempt(draft, { path: step.path, node, input: step.input, stops: step.stops });
  }
  return redispatch(draft, step);
}

function ownMoment(step: StepState): number | undefined {
  if (step.gate !== undefined) return step.gate.expiresAt;
  return step.status === "running" ? step.attemptDeadlineAt : step.wakeAt;
}
