import { startAttempt } from "./attempt.ts";
import type { Draft } from "./draft.ts";
import type { Pace } from "./place.ts";
import { isAfter, locksAround, stepNode, voidedBy } from "./plan-walk.ts";
import type { StepNode } from "./plan.ts";
import { isUnderWay, type StepState } from "./run-state.ts";

/** Why what was approved, or shown for approval, is no longer what would happen. */
interface VoidReason {
  readonly changed: readonly string[];
  readonly message: string;
  /** The path of a step before the gate that has to be done anew. */
  readonly anew?: string | undefined;
}

/** Locks taken since are given back, and the gate is asked anew. */
export function voidGate(draft: Draft, gate: string, { changed, message, ...reason }: VoidReason): void {
  const step = draft.state.steps.get(gate);
  const node = stepNode(draft.state.plan, gate);
  if (step === undefined || node === undefined) return;
  // Where the lock around it was given back since, it is taken again before anything in it goes on.
  const anew = reason.anew ?? (isLockGone(draft, gate) ? gate : undefined);
  const isLater = voidedBy(draft.state.plan, { path: gate, anew });
  for (const [path, lock] of draft.state.locks) {
    if (isLater(path) && (lock.status === "held" || lock.status === "requested"))
      draft.emit({ type: "lock.released", path, keys: [...lock.keys] });
  }
  const from = anew === undefined ? {} : { anew };
  draft.emit({ type: "gate.voided", path: gate, attempt: step.attempt, changed: [...changed], message, ...from });
  // Done anew, what stands before it leads to it once more.
  if (anew === undefined) startAttempt(draft, { path: gate, node, input: step.input });
}

function isLockGone({ state }: Draft, gate: string): boolean {
  return locksAround(state.plan, gate).some((path) => {
    const status = state.locks.get(path)?.status;
    return status !== undefined && status !== "held";
  });
}

/**
 * What failed at these paths did so because what had been approved has changed: the gate is asked anew, unless this is only a
 * look. False, and nothing done, where something else failed after that gate too, or where something is still under way there.
 */
export function voidAtRest(draft: Draft, paths: readonly string[], pace: Pace): boolean {
  if (pace === "rest") return false;
  const steps = paths.map((path) => draft.state.steps.get(path));
  const voided = steps.flatMap((step) => (step !== undefined && isVoid(step) ? [step] : []));
  if (voided.length < paths.length) return false;
  const gates = new Set(voided.flatMap(({ approval }) => approval?.gate ?? []));
  const first = [...gates].find((gate) => isBefore(draft, gate, { gates, voided }));
  if (first === undefined || !isAtRest(draft, first)) return false;
  if (pace === "on") askAnew(draft, first, voided);
  return true;
}

function askAnew(draft: Draft, gate: string, voided: readonly StepState[]): void {
  const own = voided.filter(({ approval }) => approval?.gate === gate);
  voidGate(draft, gate, {
    changed: [...new Set(voided.flatMap(changedIn))],
    message: [...new Set(voided.map(({ failure }) => failure?.message ?? ""))].join(" "),
    anew: own.flatMap((step) => anewIn(draft, step, gate) ?? []).at(0),
  });
}

function isVoid({ failure, approval }: StepState): boolean {
  return failure?.code === "approval.void" && approval !== undefined;
}

/** Whether everything that turned out void, other gates included, comes after this gate: not what is done about the failure of the run. */
function isBefore(
  { state }: Draft,
  gate: string,
  { gates, voided }: { readonly gates: ReadonlySet<string>; readonly voided: readonly StepState[] },
): boolean {
  const isLater = isAfter(state.plan, gate);
  return [...gates].every((other) => other === gate || isLater(other)) && voided.every(({ path }) => isLater(path));
}

function isAtRest({ state }: Draft, gate: string): boolean {
  const isLater = isAfter(state.plan, gate);
  for (const step of state.steps.values()) if (isUnderWay(step) && isLater(step.path)) return false;
  for (const path of state.failures?.keys() ?? []) {
    const step = state.steps.get(path);
    if (isLater(path) && (step === undefined || !isVoid(step))) return false;
  }
  return true;
}

function changedIn({ failure }: StepState): readonly string[] {
  const changed = failure?.details?.["changed"];
  return Array.isArray(changed) ? changed.map(String) : [];
}

/** The path of the step that has to be done anew, where that is one before the gate in the same sequence. */
function anewIn({ state }: Draft, { failure }: StepState, gate: string): string | undefined {
  const anew = failure?.details?.["anew"];
  if (typeof anew !== "string") return undefined;
  const path = `${gate.slice(0, gate.lastIndexOf("/"))}/${anew}`;
  const node: StepNode | undefined = stepNode(state.plan, path);
  return node !== undefined && isAfter(state.plan, path)(gate) ? path : undefined;
}
