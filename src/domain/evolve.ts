import { planShown, reopened, retried } from "./reach-anew.ts";
import { artifactsOf } from "./outcome.ts";
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
      return {
        // What is done in any case is not followed by what is done about a failure.
        status: state.status === "concluding" ? "concluding" : "failing",
        failure: { path: event.path, failure: event.failure },
      };
    case "run.cancel-requested": {
      const { at, actor = "", reason, by } = event;
      return { status: "cancelling", cancel: { at, actor, reason, ...(by !== undefined && { by }) } };
    }
    case "run.refused":
      return {};
    case "run.retried":
      return retried(state, event);
    case "run.concluding":
      return { status: "concluding", conclusion: event.status };
    case "run.finished":
      if (event.outputs !== undefined) return { status: event.status, finishedAt: event.at, outputs: event.outputs };
      return { status: event.status, finishedAt: event.at };
    case "signal.received": {
      const { at, actor: by = "", name, payload } = event;
      return { signals: new Map(state.signals).set(name, { by, at, payload }) };
    }
    case "for-each.entered": {
      const { path, items, atATime = 1 } = event;
      return { forEach: new Map(state.forEach).set(path, { items, atATime }) };
    }
    case "branch.failed":
      return { failures: new Map(state.failures).set(event.path, event.failure) };
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

function lockReleased(state: RunState, event: RunEventOf<"lock.released">): Partial<RunState> {
  const { path, hold, cutShort = state.status === "cancelling" } = event;
  const lock = state.locks.get(path);
  if (lock === undefined) return {};
  const status = lock.status === "held" ? "released" : "withdrawn";
  const released: LockState = {
    ...lock,
    status,
    ...(hold !== undefined && { isHeldOn: true }),
    ...(cutShort && { isCutShort: true }),
  };
  return { locks: new Map(state.locks).set(path, released) };
}

function started(state: RunState, event: RunEventOf<"step.started">): Partial<RunState> {
  const { path, uses, sort, attempt, token, input, approval, stops, signal, deadlineAt, attemptDeadlineAt } = event;
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
    ...(signal !== undefined && { signal }),
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
): Pick<StepState, "firstAttempt" | "firstStartedAt" | "voided" | "checkpoint" | "earlier"> {
  const before = state.steps.get(path);
  if (before === undefined) {
    const aside = state.forgotten.get(path)?.at(-1);
    const own = { firstAttempt: attempt, firstStartedAt: at };
    return aside === undefined
      ? { ...own, voided: [] }
      : { ...own, voided: openingsOf(aside, at), ...leftBy(state, aside) };
  }
  const { firstAttempt, firstStartedAt, voided, checkpoint, earlier } = before;
  return {
    firstAttempt,
    firstStartedAt,
    voided,
    // An effect of an earlier attempt may turn up late; what it wrote down is needed to recognise it.
    ...(checkpoint !== undefined && { checkpoint }),
    ...(earlier !== undefined && { earlier }),
  };
}

/** A step goes on from what it left only where it failed itself: done over from a step before it, it may find another world. */
function leftBy(state: RunState, aside: StepState): Pick<StepState, "earlier"> {
  const from = state.retries.at(-1)?.from ?? "";
  if (aside.status === "succeeded" || state.forgotten.get(from)?.at(-1)?.status === "succeeded") return {};
  const earlier = aside.checkpoint ?? aside.earlier;
  return earlier === undefined ? {} : { earlier };
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
  const steps = new Map(state.steps).set(event.path, { ...step, ...stepChanges(step, event) });
  if (step.signal === undefined || event.type !== "step.succeeded") return { steps };
  const signals = new Map(state.signals);
  signals.delete(step.signal.name);
  return { steps, signals };
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
      return { status: "succeeded", output: event.output, endedAt: event.at, ...artifactsOf(event) };
    case "step.failed":
      return event.retryAt === undefined
        ? { status: "failed", failure: event.failure, endedAt: event.at, ...artifactsOf(event) }
        : { status: "retrying", failure: event.failure, wakeAt: event.retryAt, ...artifactsOf(event) };
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
  const { at, actor = "", decision, groups, lists, reason } = event;
  const own = { actor, at, decision, groups, reason, ...(lists && { lists }) };
  return { gate: { ...step.gate, decisions: [...step.gate.decisions, own] } };
}

/** Each opening of a gate is shown on its own, also the one that a retry set aside. */
function openingsOf({ gate, voided }: StepState, at: number): StepState["voided"] {
  if (gate === undefined) return voided;
  return [...voided, { at, changed: [], message: "the run was retried", ...planShown(gate) }];
}
