import type { StepKind } from "../../src/engine/step-kind.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { builtinSteps } from "../../src/steps/builtin-steps.ts";

const never = (): never => {
  throw new Error("no step is executed here");
};

/** Every step kind of the program, to be looked at and not executed. */
export const allKinds: ReadonlyMap<string, StepKind> = builtinSteps({
  servers: new Map(),
  git: { commitsBetween: never },
  exportFolder: never,
  allowedProgram: never,
  programs: { run: never },
  folders: { use: never },
  clock: systemClock,
  ruleOf: never,
  proofs: never,
  timingOf: never,
  networkPolicy: never,
});
