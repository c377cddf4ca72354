import { isObject } from "./slack-block-kit-rules.ts";
import type { JsonObject } from "./slack-messages.ts";

/** An interactive element with the block that it stands in. */
export interface PlacedElement {
  readonly blockId: string;
  readonly element: JsonObject;
  /** Whether the form cannot be sent without it. */
  readonly required: boolean;
}

/** Every interactive element of the blocks: of actions, as accessory of a section, in an input. */
export function placedElements(blocks: unknown): readonly PlacedElement[] {
  if (!Array.isArray(blocks)) return [];
  return blocks.filter(isObject).flatMap((block) => {
    const elements: readonly unknown[] = Array.isArray(block["elements"]) ? block["elements"] : [];
    const required = block["type"] === "input" && block["optional"] !== true;
    return [...elements, block["accessory"], block["element"]]
      .filter(isObject)
      .filter((element) => element["type"] !== "image" && element["action_id"] !== undefined)
      .map((element) => ({ blockId: String(block["block_id"]), element, required }));
  });
}

/** What a person chose or typed: a text or the value of an option, or several of them. */
export type TypedValue = string | readonly string[];

const SELECTED_FIELD: Readonly<Record<string, string>> = {
  users_select: "selected_user",
  conversations_select: "selected_conversation",
  channels_select: "selected_channel",
  datepicker: "selected_date",
  timepicker: "selected_time",
  datetimepicker: "selected_date_time",
  multi_users_select: "selected_users",
  multi_conversations_select: "selected_conversations",
  multi_channels_select: "selected_channels",
};

const ONE_OPTION = new Set(["static_select", "external_select", "radio_buttons", "overflow"]);
const SEVERAL_OPTIONS = new Set(["multi_static_select", "multi_external_select", "checkboxes"]);

/** The element's entry in `state.values`, or the part of an action that says what was chosen. */
export function chosen(element: JsonObject, value: TypedValue | undefined): JsonObject {
  const type = String(element["type"]);
  const selected = SELECTED_FIELD[type];
  if (selected !== undefined)
    return { type, [selected]: value ?? element[selected.replace("selected", "initial")] ?? null };
  if (ONE_OPTION.has(type)) return { type, selected_option: oneOption(element, value) };
  if (SEVERAL_OPTIONS.has(type)) return { type, selected_options: severalOptions(element, value) };
  const typed = value ?? element["initial_value"];
  return { type, value: typed === "" ? null : (typed ?? null) };
}

/** Whether nothing was chosen or typed. */
export function isEmptyChoice(entry: JsonObject): boolean {
  return Object.entries(entry).every(
    ([name, value]) => name === "type" || value === null || (Array.isArray(value) && value.length === 0),
  );
}

function oneOption(element: JsonObject, value: TypedValue | undefined): unknown {
  if (value === undefined) return element["initial_option"] ?? null;
  const wanted = typeof value === "string" ? value : (value[0] ?? "");
  return wanted === "" ? null : optionOf(element, wanted);
}

function severalOptions(element: JsonObject, value: TypedValue | undefined): unknown {
  if (value === undefined) return element["initial_options"] ?? [];
  return (typeof value === "string" ? [value] : value).map((wanted) => optionOf(element, wanted));
}

/** The whole option with this value; of an external select only its text is known, and taken to be the value. */
function optionOf(element: JsonObject, value: string): unknown {
  const groups: readonly unknown[] = Array.isArray(element["option_groups"]) ? element["option_groups"] : [];
  const lists = [element["options"], ...groups.map((group) => (isObject(group) ? group["options"] : undefined))];
  const options = lists.flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []));
  const found = options.find((option) => isObject(option) && option["value"] === value);
  return found ?? { text: { type: "plain_text", text: value, emoji: true }, value };
}
