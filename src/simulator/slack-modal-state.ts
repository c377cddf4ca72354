import { chosen, isEmptyChoice, placedElements, type TypedValue } from "./slack-interactive-elements.ts";
import type { JsonObject } from "./slack-messages.ts";

const STATELESS = new Set(["button", "overflow"]);

/** `state.values` of blocks in which a person typed `values` (by action id); what they left alone has its initial value. */
export function stateValues(blocks: unknown, values: Readonly<Record<string, TypedValue>>): JsonObject {
  const state: Record<string, Record<string, JsonObject>> = {};
  for (const { blockId, element } of placedElements(blocks)) {
    if (STATELESS.has(String(element["type"]))) continue;
    const actionId = String(element["action_id"]);
    state[blockId] = { ...state[blockId], [actionId]: chosen(element, values[actionId]) };
  }
  return state;
}

/** The blocks that Slack itself would not let the person leave empty, with what it says there. */
export function missingInputs(
  blocks: unknown,
  values: Readonly<Record<string, TypedValue>>,
): Readonly<Record<string, string>> {
  const missing: Record<string, string> = {};
  for (const { blockId, element, required } of placedElements(blocks)) {
    const entry = chosen(element, values[String(element["action_id"])]);
    if (required && isEmptyChoice(entry)) missing[blockId] = "Please complete this required field.";
  }
  return missing;
}
