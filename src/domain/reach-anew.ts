import { locksAround, voidedBy } from "./plan-walk.ts";
import type { RunEventOf } from "./run-event.ts";
import type { GateState, RunState, StepState, VoidedOpening } from "./run-state.ts";

/** The gate is asked anew, and everything that came after it is reached anew; attempts go on counting. */
export function reopened(state: RunState, event: RunEventOf<"gate.voided">): Partial<RunState> {
  const gate = state.steps.get(event.path);
  if (gate === undefined) return {};
  const isLater = voidedBy(state.plan, event);
  // It is asked as if for the first time, and so with all of its time.
  const { gate: shown, output: _output, endedAt: _endedAt, deadlineAt: _deadlineAt, ...rest } = gate;
  const { at, changed, message, anew } = event;
  const opening = { at, changed, message, ...planShown(shown) };
  const step: StepState = { ...rest, status: "running", voided: [...gate.voided, opening] };
  const gone = {
    forEach: without(state.forEach, isLater),
    locks: without(state.locks, (path) => isLater(path) || isRetaken(state, { path, anew })),
    ...(state.failures && { failures: without(state.failures, isLater) }),
  };
  // What was decided on is reached again only when what it rests on has been done anew.
  if (anew !== undefined) return { ...gone, steps: without(state.steps, isLater), forgotten: setAside(state, [step]) };
  return {
    ...gone,
    steps: without(state.steps, isLater).set(event.path, step),
  };
}

/** What is kept of an opening, for the next one to say in what it differs. */
export function planShown(gate: GateState | undefined): Pick<VoidedOpening, "plan"> {
  const plan = gate?.evidence.plan;
  return plan === undefined ? {} : { plan };
}

/** The lock around a step that is done anew, where it was given back since. */
function isRetaken(
  state: RunState,
  { path, anew }: { readonly path: string; readonly anew: string | undefined },
): boolean {
  if (anew === undefined || state.locks.get(path)?.status === "held") return false;
  return locksAround(state.plan, anew).includes(path);
}

/** The run goes on as if what is forgotten had never been reached; attempts go on counting. */
export function retried(state: RunState, event: RunEventOf<"run.retried">): Partial<RunState> {
  const paths = new Set(event.forgotten);
  const isForgotten = (path: string): boolean => paths.has(path);
  const { at, actor = "", behalf, from } = event;
  return {
    status: "running",
    finishedAt: undefined,
    failure: undefined,
    cancel: undefined,
    conclusion: undefined,
    failures: undefined,
    retries: [...state.retries, { at, actor, from, ...(behalf !== undefined && { behalf }) }],
    steps: without(state.steps, isForgotten),
    forEach: without(state.forEach, isForgotten),
    locks: without(state.locks, isForgotten),
    forgotten: setAside(
      state,
      [...state.steps.values()].filter(({ path }) => paths.has(path)),
    ),
  };
}

function setAside(state: RunState, steps: readonly StepState[]): RunState["forgotten"] {
  const aside = new Map(state.forgotten);
  for (const step of steps) aside.set(step.path, [...(aside.get(step.path) ?? []), step]);
  return aside;
}

/** What is left of a part of the state when some paths are to be reached anew. */
function without<Value>(map: ReadonlyMap<string, Value>, isGone: (path: string) => boolean): Map<string, Value> {
  return new Map([...map].filter(([path]) => !isGone(path)));
}
