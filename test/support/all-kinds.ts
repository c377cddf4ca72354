import type { StepKind } from "../../src/engine/step-kind.ts";
import { builtinSteps } from "../../src/steps/builtin-steps.ts";
import { IDLE_DEPS } from "../../src/steps/idle-deps.ts";

const ANY_PROGRAM = { path: "/bin/any", args: [], options: true, env: {}, variables: ["API_TOKEN"] };

/** Every step kind of the program, to be looked at and not executed. Steps may run every program. */
export const allKinds: ReadonlyMap<string, StepKind> = builtinSteps({
  ...IDLE_DEPS,
  allowedProgram: () => ({ ...ANY_PROGRAM, repeat: "safe" }),
});
