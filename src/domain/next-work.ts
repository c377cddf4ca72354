import type { Json } from "../platform/canonical-json.ts";
import type { Effect } from "./effect.ts";
import type { RunState, StepState } from "./run-state.ts";
import { isBeingStopped, isOpen } from "./run-state.ts";

/** Something that has to be under way now for the run to go on. */
export interface Work {
  /** `stop`: it is being executed, and is to end without more effects; its outcome is awaited. */
  readonly type: "dispatch" | "watch" | "open-gate" | "stop";
  readonly effect: Effect;
  readonly token: number;
  readonly uses: string;
  readonly input: Readonly<Record<string, Json>>;
  readonly startedAt: number;
}

/**
 * What must be dispatched, watched or gathered now. It follows from the state alone, so carrying on after a crash is the
 * same as carrying on at all. A run for which it is empty costs nothing until something happens to it.
 */
export function nextWork(state: RunState): readonly Work[] {
  if (!isOpen(state)) return [];
  const work: Work[] = [];
  for (const step of state.steps.values()) {
    // Of all steps most have ended.
    if (step.status !== "running") continue;
    const type = workType(state, step);
    if (type === undefined) continue;
    const { path, attempt, token, uses, input, startedAt } = step;
    work.push({ type, effect: { run: state.id, path, attempt }, token, uses, input, startedAt });
  }
  return work;
}

/** Of a step that is running. */
function workType(state: RunState, step: StepState): Work["type"] | undefined {
  if (step.sort === "action") return isBeingStopped(state, step) ? "stop" : "dispatch";
  // A signal comes in through the run; until then it costs nothing.
  if (step.signal !== undefined) return undefined;
  if (step.sort === "wait") return "watch";
  return step.gate === undefined ? "open-gate" : undefined;
}
