import { z } from "zod";

import { defineAction } from "../../src/engine/step-kind.ts";
import type { LoadedPlugin } from "../../src/steps/plugins/plugin-kinds.ts";

const USES = "sim/stubborn";

/** A step of somebody else that hears nobody and never ends: none of the program's own does that. */
export const STUBBORN: LoadedPlugin = {
  origin: { name: "sim", version: "1.0.0", digest: "0".repeat(64) },
  named: "sim",
  root: "",
  modules: [],
  kinds: [USES],
  make: () => [
    defineAction({
      kind: USES,
      summary: "Hears nobody and never ends.",
      input: z.strictObject({}),
      output: z.strictObject({}),
      repeat: "safe",
      where: "server",
      run: () => new Promise(() => undefined),
    }),
  ],
};
