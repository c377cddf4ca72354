import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import type { Json, JsonMap } from "../../platform/canonical-json.ts";

/** What applying a plan needs besides the plan: kept sealed beside it, because it holds secrets as the plan does. */
export const PlanSetup = z.strictObject({
  backendConfig: z.record(z.string(), z.string()),
  /** Environment variables. A plan has its variables in itself, apart from ephemeral ones, which are asked for again. */
  variables: z.record(z.string(), z.string()),
  /** What wins over files of variables, and those files, where the program asks for them again. */
  values: z.record(z.string(), JsonValue).optional(),
  varFiles: z.array(z.string()).optional(),
  /** With the exact versions of the providers that made the plan; absent where it needs none. */
  lockFile: z.string().optional(),
});
export type PlanSetup = z.infer<typeof PlanSetup>;

/** Variables as the program takes them from its environment: text as it is, anything else as JSON, which it reads as its own. */
export function variablesEnv(variables: JsonMap): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, valueText(value)]));
}

function valueText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
