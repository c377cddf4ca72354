import { readFile, writeFile } from "node:fs/promises";

import { z } from "zod";

import type { Json } from "../../../platform/canonical-json.ts";
import { Configuration } from "./configuration.ts";
import { MARK } from "./voice.ts";

const JsonValue: z.ZodType<Json> = z.json();

/** A plan with everything that applying it takes: nothing of the folder is read again. */
const SavedPlan = z.object({
  standIn: z.literal(MARK),
  state: z.object({ lineage: z.string(), serial: z.int() }),
  isDestroy: z.boolean(),
  configuration: Configuration,
  variables: z.record(z.string(), JsonValue),
});
export type SavedPlan = z.infer<typeof SavedPlan>;

export async function writePlan(file: string, plan: Omit<SavedPlan, "standIn">): Promise<void> {
  await writeFile(file, JSON.stringify({ standIn: MARK, ...plan }), { mode: 0o600 });
}

/** Throws for a file that is no plan of this stand-in, as one of the real program. */
export async function readPlan(file: string): Promise<SavedPlan> {
  try {
    return SavedPlan.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new Error(`${file} is no plan that ${MARK} has made`, { cause: error });
  }
}
