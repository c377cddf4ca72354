import type { Json } from "../platform/canonical-json.ts";
import { Environment, Target } from "./target.ts";

/**
 * The environment that the inputs of a run name, as it was when the run began; undefined where they name none. What people type is a
 * text or a number, so a value that looks like an environment is one.
 */
export function namedEnvironment({
  inputs,
}: {
  readonly inputs: Readonly<Record<string, Json>>;
}): Target | Environment | undefined {
  for (const value of Object.values(inputs)) {
    const named = Target.safeParse(value).data ?? Environment.safeParse(value).data;
    if (named !== undefined) return named;
  }
  return undefined;
}
