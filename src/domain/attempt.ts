import { backoffMs } from "../platform/backoff.ts";
import { canonicalJson, isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { durationText } from "../platform/duration.ts";
import type { Artifact } from "./artifact.ts";
import type { Draft } from "./draft.ts";
import { artifactsOf, type Failure } from "./outcome.ts";
import type { StepNode } from "./plan.ts";
import { signalOf, takeKept } from "./receive-signal.ts";
import { isBeingStopped, type StepState } from "./run-state.ts";
import type { SignalAsk } from "./signal-ask.ts";
import { nodeOf } from "./stop-step.ts";
import { askingEnvironment } from "./named-environment.ts";

/** Starts the next attempt of a step; a step that protects an environment starts only with the approval asked for there. */
export function startAttempt(
  draft: Draft,
  start: {
    readonly path: string;
    readonly node: StepNode;
    readonly input: JsonMap;
    readonly stops?: string | undefined;
  },
): void {
  const { path, node, input, stops } = start;
  const before = draft.state.steps.get(path);
  const attempt = (draft.state.attempts.get(path) ?? 0) + 1;
  const signal = signalOf(node, input);
  const clearance: Clearance = node.protects ? clear(draft, input) : { kind: "free" };
  draft.emit({
    type: "step.started",
    path,
    attempt,
    uses: node.uses,
    sort: node.sort,
    // Grows with every event of the run, so a newer dispatch always carries a larger one.
    token: draft.state.version + 1,
    input,
    ...(clearance.kind === "approved" && { approval: { gate: clearance.gate, digest: clearance.digest } }),
    ...deadlines(draft, node, before),
    ...(stops !== undefined && { stops }),
    ...(signal !== undefined && { signal }),
  });
  const failure = clearance.kind === "refused" ? clearance.failure : unreadableSignal(node, signal);
  if (failure !== undefined) draft.emit({ type: "step.failed", path, attempt, failure });
  takeKept(draft, path);
}

/** That of the step counts from its first attempt on. */
function deadlines(
  { at }: Draft,
  { timeoutMs, attemptTimeoutMs }: StepNode,
  before: StepState | undefined,
): Pick<StepState, "deadlineAt" | "attemptDeadlineAt"> {
  const deadlineAt = before?.deadlineAt ?? (timeoutMs === undefined ? undefined : at + timeoutMs);
  return {
    ...(deadlineAt !== undefined && { deadlineAt }),
    ...(attemptTimeoutMs !== undefined && { attemptDeadlineAt: at + attemptTimeoutMs }),
  };
}

function unreadableSignal({ awaits }: StepNode, signal: SignalAsk | undefined): Failure | undefined {
  return awaits === "signal" && signal === undefined ? UNREADABLE_SIGNAL : undefined;
}

const UNREADABLE_SIGNAL: Failure = {
  code: "signal.bad-input",
  message:
    'It cannot be read what this step waits for. Write its "name", "from" and "payload" as they are, without expressions.',
  retry: "never",
};

type Clearance =
  | { readonly kind: "free" }
  | { readonly kind: "approved"; readonly gate: string; readonly digest: string }
  | { readonly kind: "refused"; readonly failure: Failure };

/** Invariant: nothing changes in an environment that asks for approval without a decision on exactly what is about to be done there. */
function clear(draft: Draft, input: JsonMap): Clearance {
  return input["plan"] === undefined ? clearRevision(draft, input) : clearPlan(draft, input["plan"]);
}

/**
 * Of a saved plan nobody knows which environment it changes: it needs its approval as soon as one of them asks for any. An approval that
 * nobody had to ask for counts as well, so that exactly what was approved is applied.
 */
function clearPlan({ state }: Draft, plan: Json): Clearance {
  const digest = isJsonMap(plan) ? plan["digest"] : undefined;
  for (const { path, status, gate } of state.steps.values()) {
    if (status !== "succeeded" || gate === undefined || gate.subject.planFileDigest === "") continue;
    if (gate.subject.planFileDigest === digest) return { kind: "approved", gate: path, digest: gate.digest };
  }
  const environment = askingEnvironment(state);
  if (environment === undefined) return { kind: "free" };
  return refused(
    "approval.missing",
    `${environment.name} asks for approval before anything changes there, and nobody has approved this plan. ` +
      'Put a step that uses "approval" and shows the plan before this one in the command file.',
  );
}

/** By application and revision. */
function clearRevision(draft: Draft, input: JsonMap): Clearance {
  const target = draft.state.targets.find((candidate) => candidate.app === input["app"]);
  if (target === undefined) {
    return refused(
      "target.unknown",
      `The application ${canonicalJson(input["app"] ?? null)} is not one that this run was started for. Name one of the run's own environments.`,
    );
  }
  if (target.approval === undefined) return { kind: "free" };
  for (const step of draft.state.steps.values()) {
    const subject = step.status === "succeeded" ? step.gate?.subject : undefined;
    if (step.gate === undefined || subject?.app !== target.app || subject.toRevision !== input["revision"]) continue;
    return { kind: "approved", gate: step.path, digest: step.gate.digest };
  }
  return refused(
    "approval.missing",
    `${target.environment} asks for approval before anything changes there, and this run has none for ${target.service} at ` +
      `${canonicalJson(input["revision"] ?? null)}. Put a step that uses "approval" before this one in the command file.`,
  );
}

function refused(code: string, message: string): Clearance {
  return { kind: "refused", failure: { code, message, retry: "never" } };
}

interface FailedAttempt {
  readonly failure: Failure;
  readonly artifacts?: readonly Artifact[] | undefined;
}

/** Records that an attempt failed: tried again later where the failure and the step's rule allow it, otherwise final. */
export function failAttempt(draft: Draft, step: StepState, outcome: FailedAttempt): void {
  const { path, attempt } = step;
  const { failure } = outcome;
  const retryAt = retryMoment(draft, step, failure);
  const again = retryAt === undefined ? {} : { retryAt };
  draft.emit({ type: "step.failed", path, attempt, failure, ...again, ...artifactsOf(outcome) });
}

function retryMoment(draft: Draft, step: StepState, failure: Failure): number | undefined {
  // What is being stopped is not started again.
  if (isBeingStopped(draft.state, step)) return undefined;
  const rule = nodeOf(draft.state, step.path)?.retry;
  if (rule === undefined || failure.retry === "never" || step.attempt - step.firstAttempt + 1 >= rule.attempts)
    return undefined;
  const backoff = { firstMs: rule.delayMs, factor: rule.factor, longestMs: rule.maxDelayMs };
  const askedMs = failure.retry === "backoff" ? 0 : failure.retry.afterMs;
  const retryAt = draft.at + Math.max(askedMs, backoffMs(backoff, step.attempt - step.firstAttempt + 2));
  return step.deadlineAt !== undefined && retryAt >= step.deadlineAt ? undefined : retryAt;
}

// So that what is postponed for days leaves hundreds of facts in the log, and not tens of thousands.
const SHORTEST_SHARE = 1 / 100;

/**
 * Nothing was done; the same attempt is handed out again later, unless its time is up by then. The longer it has waited
 * already, the longer it waits again.
 */
export function postpone(
  draft: Draft,
  step: StepState,
  reason: { readonly code: string; readonly message: string; readonly afterMs: number },
): void {
  const { path, attempt } = step;
  const waitedMs = draft.at - step.startedAt;
  const until = draft.at + Math.round(Math.max(0, reason.afterMs, waitedMs * SHORTEST_SHARE));
  if (step.deadlineAt !== undefined && until >= step.deadlineAt) {
    const limitMs = step.deadlineAt - step.firstStartedAt;
    const message = `Gave up after ${durationText(limitMs)}: ${reason.message} Start it again when that is over.`;
    draft.emit({ type: "step.failed", path, attempt, failure: { code: reason.code, message, retry: "never" } });
    return;
  }
  draft.emit({ type: "step.postponed", path, attempt, code: reason.code, message: reason.message, until });
}
