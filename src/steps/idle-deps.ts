import { systemClock } from "../platform/clock.ts";
import type { StepDeps } from "./step-deps.ts";

/** With this step kinds are made to be looked at: what they take and give. Nothing of it is ever executed. */
export const IDLE_DEPS: StepDeps = {
  servers: new Map(),
  git: { commitsBetween: nothing },
  exportFolder: nothing,
  allowedProgram: nothing,
  programs: { run: nothing },
  folders: { use: nothing },
  clock: systemClock,
  ruleOf: nothing,
  proofs: nothing,
  timingOf: nothing,
  networkPolicy: nothing,
};

function nothing(): never {
  throw new TypeError("a step kind that is only looked at was executed");
}
