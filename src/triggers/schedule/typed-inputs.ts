import { evaluateTemplate } from "../../expressions/evaluate.ts";
import type { Json, JsonMap } from "../../platform/canonical-json.ts";
import { AppError } from "../../platform/errors.ts";

/** What would be typed for each input, or why that cannot be said. An input whose expression gives null is left out. */
export type TypedInputs =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly input: string; readonly reason: string };

/** Evaluates the inputs of a start over what happened. Pure, and never throws for what is in the event. */
export function typedInputs(inputs: JsonMap, event: JsonMap): TypedInputs {
  const values: Record<string, string> = {};
  for (const [input, text] of Object.entries(inputs)) {
    const value = tryValue(text, event);
    if (!value.ok) return { ok: false, input, reason: value.reason };
    if (value.value === null) continue;
    if (typeof value.value === "object") return { ok: false, input, reason: "a list or a map cannot be typed" };
    values[input] = String(value.value);
  }
  return { ok: true, values };
}

function tryValue(text: Json, event: JsonMap) {
  try {
    return { ok: true, value: evaluateTemplate(text, { event }) } as const;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, reason: error.message } as const;
  }
}
