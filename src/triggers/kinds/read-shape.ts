import type { z } from "zod";

import { unreadable, type Read } from "./read-json.ts";

/** Reads a value by the schema of what a vendor sends; `what` is what messages call it. Values never stand in the reason. */
export function readShape<Value>(value: unknown, schema: z.ZodType<Value>, what: string): Read<Value> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "read", value: parsed.data };
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  return unreadable(path === "" ? `this is no ${what}` : `this is no ${what}: look at ${path}`);
}
