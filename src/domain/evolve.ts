import { isAfter } from "./plan-walk.ts";
import type { RunEvent, RunEventOf } from "./run-event.ts";
import type { LockState, RunState, StepState } from "./run-state.ts";

/** The state of a run after its first event. */
export function begin(run: string, event: RunEventOf<"run.started">): RunState {
  return {
    id: run,
    version: 1,
    status: "running",
    plan: event.plan,
    planDigest: event.planDigest,
    title: event.title,
    inputs: event.inputs,
    targets: event.targets,
    origin: event.origin,
    requester: event.actor ?? "",
    startedAt: event.at,
    changedAt: event.at,
    steps: new Map(),
    forEach: new Map(),
    locks: new Map(),
    attempts: new Map(),
    retries: [],
    forgotten: new Map(),
  };
}

/** Folds a run's events, oldest first. Throws when the first one is not `run.started`: then it is not a run's stream. */
export function foldRun(run: string, events: Iterable<RunEvent>): RunState {
  let state: RunState | undefined;
  for (const event of events) {
    if (state === undefined && event.type !== "run.started") break;
    state = state === undefined && event.type === "run.started" ? begin(run, event) : state && evolve(state, event);
  }
  if (state === undefined) throw new Error(`the log of ${run} does not begin with run.started`);
  return state;
}

/** The state after one more fact. Total: a fact about a step that is not there changes nothing but the version. */
export function evolve(state: RunState, event: RunEvent): RunState {
  return { ...state, ...changes(state, event), version: state.version + 1, changedAt: event.at };
}

function changes(state: RunState, event: RunEvent): Partial<RunState> {
  switch (event.type) {
    case "run.started":
      return {};
    case "run.failed":
      return { status: "failing", failure: { path: event.path, failure: event.failure } };
    case "run.cancel-requested": {
      const { at, actor = "", reason, by } = event;
      return { status: "cancelling", cancel: { at, actor, reason, ...(by !== undefined && { by }) } };
    }
    case "run.refused":
      return {};
    case "run.retried":
      return retried(state, event);
    case "run.finished":
      return { status: event.status, finishedAt: event.at };
    case "for-each.entered":
      return { forEach: new Map(state.forEach).set(event.path, { items: event.items }) };
    case "lock.requested":
      return { locks: new Map(state.locks).set(event.path, requested(event)) };
    case "lock.acquired":
      return lockChanged(state, event.path, "held");
    case "lock.released":
      return lockReleased(state, event);
    case "step.started":
      return started(state, event);
    case "step.skipped":
      return { steps: new Map(state.steps).set(event.path, skipped(event)) };
    case "gate.voided":
      return reopened(state, event);
    case "step.dispatched":
    case "step.checkpointed":
    case "step.postponed":
    case "step.succeeded":
    case "step.failed":
    case "step.cancelled":
    case "gate.opened":
    case "gate.decided":
    case "gate.refused":
      return changedStep(state, event);
  }
}

function requested({ keys, order, urgent = false }: RunEventOf<"lock.requested">): LockState {
  return { status: "requested", keys, order, isUrgent: urgent };
}

function lockChanged(state: RunState, path: string, status: LockState["status"]): Partial<RunState> {
  const lock = state.locks.get(path);
  return lock === undefined ? {} : { locks: new Map(state.locks).set(path, { ...lock, status }) };
}

function lockReleased(state: RunState, { path, hold }: RunEventOf<"lock.released">): Partial<RunState> {
  const lock = state.locks.get(path);
  if (lock === undefined) return {};
  const status = lock.status === "held" ? "released" : "withdrawn";
  return { locks: new Map(state.locks).set(path, { ...lock, status, ...(hold !== undefined && { isHeldOn: true }) }) };
}

function started(state: RunState, event: RunEventOf<"step.started">): Partial<RunState> {
  const { path, uses, sort, attempt, token, input, approval, stops, deadlineAt, attemptDeadlineAt } = event;
  const step: StepState = {
    path,
    uses,
    sort,
    status: "running",
    attempt,
    token,
    startedAt: event.at,
    input,
    ...carriedOver(state, event),
    ...(approval && { approval }),
    ...(stops !== undefined && { stops }),
    ...(deadlineAt !== undefined && { deadlineAt }),
    ...(attemptDeadlineAt !== undefined && { attemptDeadlineAt }),
  };
  return {
    steps: new Map(state.steps).set(path, step),
    attempts: new Map(state.attempts).set(path, attempt),
  };
}

/** What an attempt has from those before it. */
function carriedOver(
  state: RunState,
  { path, attempt, at }: RunEventOf<"step.started">,
): Pick<StepState, "firstAttempt" | "firstStartedAt" | "voided" | "checkpoint"> {
  const before = state.steps.get(path);
  if (before === undefined) {
    const aside = state.forgotten.get(path)?.at(-1);
    return { firstAttempt: attempt, firstStartedAt: at, voided: aside === undefined ? [] : openingsOf(aside, at) };
  }
  const { firstAttempt, firstStartedAt, voided, checkpoint } = before;
  // An effect of an earlier attempt may turn up late; what it wrote down is needed to recognise it.
  return { firstAttempt, firstStartedAt, voided, ...(checkpoint !== undefined && { checkpoint }) };
}

function skipped(event: RunEventOf<"step.skipped">): StepState {
  return {
    path: event.path,
    uses: event.uses,
    sort: "action",
    status: "skipped",
    attempt: 0,
    firstAttempt: 0,
    token: 0,
    firstStartedAt: event.at,
    startedAt: event.at,
    endedAt: event.at,
    input: {},
    note: event.reason,
    voided: [],
  };
}

type StepEvent = RunEventOf<
  | "step.dispatched"
  | "step.checkpointed"
  | "step.postponed"
  | "step.succeeded"
  | "step.failed"
  | "step.cancelled"
  | "gate.opened"
  | "gate.decided"
  | "gate.refused"
>;

function changedStep(state: RunState, event: StepEvent): Partial<RunState> {
  const step = state.steps.get(event.path);
  if (step === undefined || step.attempt !== event.attempt) return {};
  return { steps: new Map(state.steps).set(event.path, { ...step, ...stepChanges(step, event) }) };
}

function stepChanges(step: StepState, event: StepEvent): Partial<StepState> {
  switch (event.type) {
    case "step.dispatched": {
      const { token, attemptDeadlineAt } = event;
      return { status: "running", token, ...(attemptDeadlineAt !== undefined && { attemptDeadlineAt }) };
    }
    case "step.checkpointed":
      return { checkpoint: event.data };
    case "step.postponed":
      return { status: "postponed", note: event.message, wakeAt: event.until };
    case "step.succeeded":
      return { status: "succeeded", output: event.output, endedAt: event.at };
    case "step.failed":
      return event.retryAt === undefined
        ? { status: "failed", failure: event.failure, endedAt: event.at }
        : { status: "retrying", failure: event.failure, wakeAt: event.retryAt };
    case "step.cancelled":
      return { status: "cancelled", note: event.message, endedAt: event.at };
    case "gate.opened":
      return {
        gate: {
          subject: event.subject,
          digest: event.digest,
          evidence: event.evidence,
          rule: event.rule,
          openedAt: event.at,
          expiresAt: event.expiresAt,
          decisions: [],
        },
      };
    case "gate.decided":
      return decided(step, event);
    case "gate.refused":
      return {};
  }
}

function decided(step: StepState, event: RunEventOf<"gate.decided">): Partial<StepState> {
  if (step.gate === undefined) return {};
  const { at, decision, groups, reason } = event;
  const decisions = [...step.gate.decisions, { actor: event.actor ?? "", at, decision, groups, reason }];
  return { gate: { ...step.gate, decisions } };
}

/** The gate is asked anew, and everything that came after it is reached anew; attempts go on counting. */
function reopened(state: RunState, event: RunEventOf<"gate.voided">): Partial<RunState> {
  const gate = state.steps.get(event.path);
  if (gate === undefined) return {};
  const isLater = isAfter(state.plan, event.path);
  // It is asked as if for the first time, and so with all of its time.
  const { gate: _shown, output: _output, endedAt: _endedAt, deadlineAt: _deadlineAt, ...rest } = gate;
  const { at, changed, message } = event;
  const step: StepState = { ...rest, status: "running", voided: [...gate.voided, { at, changed, message }] };
  return {
    steps: without(state.steps, isLater).set(event.path, step),
    forEach: without(state.forEach, isLater),
    locks: without(state.locks, isLater),
  };
}

/** The run goes on as if what is forgotten had never been reached; attempts go on counting. */
function retried(state: RunState, event: RunEventOf<"run.retried">): Partial<RunState> {
  const paths = new Set(event.forgotten);
  const isForgotten = (path: string): boolean => paths.has(path);
  const aside = new Map(state.forgotten);
  for (const [path, step] of state.steps) {
    if (paths.has(path)) aside.set(path, [...(aside.get(path) ?? []), step]);
  }
  const { at, actor = "", from } = event;
  return {
    status: "running",
    finishedAt: undefined,
    failure: undefined,
    cancel: undefined,
    retries: [...state.retries, { at, actor, from }],
    steps: without(state.steps, isForgotten),
    forEach: without(state.forEach, isForgotten),
    locks: without(state.locks, isForgotten),
    forgotten: aside,
  };
}

/** What is left of a part of the state when some paths are to be reached anew. */
function without<Value>(map: ReadonlyMap<string, Value>, isGone: (path: string) => boolean): Map<string, Value> {
  return new Map([...map].filter(([path]) => !isGone(path)));
}

/** Each opening of a gate is shown on its own, also the one that a retry set aside. */
function openingsOf({ gate, voided }: StepState, at: number): StepState["voided"] {
  return gate === undefined ? voided : [...voided, { at, changed: [], message: "the run was retried" }];
}
