import type { Json } from "../platform/canonical-json.ts";
import type { Effect } from "./effect.ts";
import type { RunState, StepState } from "./run-state.ts";
import { isOpen } from "./run-state.ts";

/** Something that has to be under way now for the run to go on. */
export interface Work {
  readonly type: "dispatch" | "watch" | "open-gate";
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
    const type = workType(step);
    if (type === undefined) continue;
    const { path, attempt, token, uses, input, startedAt } = step;
    work.push({ type, effect: { run: state.id, path, attempt }, token, uses, input, startedAt });
  }
  return work;
}

function workType(step: StepState): Work["type"] | undefined {
  if (step.status !== "running") return undefined;
  if (step.sort === "action") return "dispatch";
  if (step.sort === "wait") return "watch";
  return step.gate === undefined ? "open-gate" : undefined;
}
