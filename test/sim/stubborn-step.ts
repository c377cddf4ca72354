import { z } from "zod";

import { effectKey } from "../../src/domain/effect.ts";
import { defineAction, type StepKind } from "../../src/engine/step-kind.ts";
import { AppError } from "../../src/platform/errors.ts";
import type { LoadedPlugin } from "../../src/steps/plugins/plugin-kinds.ts";

const USES = "sim/stubborn";

/**
 * A step of somebody else that hears nobody and never ends: none of the program's own does that. Where it is begun while it is still
 * being executed in the same process, it says so.
 */
export const STUBBORN: LoadedPlugin = {
  origin: { name: "sim", version: "1.0.0", digest: "0".repeat(64) },
  named: "sim",
  root: "",
  modules: [],
  kinds: [USES],
  make: () => [stubborn()],
};

function stubborn(): StepKind {
  const underWay = new Set<string>();
  return defineAction({
    kind: USES,
    summary: "Hears nobody and never ends.",
    input: z.strictObject({}),
    output: z.strictObject({}),
    repeat: "safe",
    where: "server",
    run: (_input, { effect }) => {
      const key = effectKey(effect);
      if (underWay.has(key)) throw new AppError(`${key} goes on already`, { code: "sim.beside-itself" });
      underWay.add(key);
      return new Promise(() => undefined);
    },
  });
}
