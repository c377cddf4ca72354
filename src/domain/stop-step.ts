import { z } from "zod";

import { stepNode } from "./plan-walk.ts";
import type { StepNode } from "./plan.ts";
import type { RunState, StepState } from "./run-state.ts";

/** How a step is executed that no command file names: it ends what another step may have left running. */
export function stopNode(uses: string): StepNode {
  return {
    type: "step",
    key: "stop",
    uses,
    sort: "action",
    protects: false,
    with: {},
    retry: { attempts: 5, delayMs: 2000, factor: 2, maxDelayMs: 30_000 },
    timeoutMs: 300_000,
  };
}

/** What the plan, or the cancelling of the run, says about the step at `path`. */
export function nodeOf(state: RunState, path: string): StepNode | undefined {
  const step = state.steps.get(path);
  return step?.stops === undefined ? stepNode(state.plan, path) : stopNode(step.uses);
}

const StopResult = z.looseObject({ message: z.string(), live: z.string().default("") });
type StopResult = z.infer<typeof StopResult>;

/** What a step that ends leftovers says of it: what happened, and what is live by then; undefined until it has. */
export function stopResult({ stops, output }: StepState): StopResult | undefined {
  return stops === undefined ? undefined : StopResult.safeParse(output).data;
}
