import type { StepKind } from "../../src/engine/step-kind.ts";
import { builtinSteps } from "../../src/steps/builtin-steps.ts";
import { IDLE_DEPS } from "../../src/steps/idle-deps.ts";

/** Every step kind of the program, to be looked at and not executed. */
export const allKinds: ReadonlyMap<string, StepKind> = builtinSteps(IDLE_DEPS);
