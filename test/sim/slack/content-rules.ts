import { isObject, listIn, type LooseObject, textIn } from "./loose-object.ts";

/** Slack limits. */
const MOST_BLOCKS = 50;
const MOST_BUTTONS = 25;
const MOST_TEXT = 3000;
const MOST_VALUE = 2000;
const MOST_EDITED = 4000;

const KNOWN = new Set(["section", "header", "divider", "context", "actions", "rich_text", "input", "image"]);

/** What Slack says against a message; undefined when it takes it. The whole of Block Kit is checked elsewhere. */
export function contentProblem(args: LooseObject, isEdit: boolean): string | undefined {
  const text = textIn(args, "text") ?? "";
  const blocks: unknown = args["blocks"] ?? [];
  if (isEdit && text.length > MOST_EDITED) return "msg_too_long";
  if (!Array.isArray(blocks)) return "invalid_blocks_format";
  if (text === "" && blocks.length === 0) return "no_text";
  if (blocks.length > MOST_BLOCKS) return "msg_blocks_too_many";
  return blocks.every(isBlock) ? undefined : "invalid_blocks";
}

function isBlock(block: unknown): boolean {
  if (!isObject(block) || !KNOWN.has(textIn(block, "type") ?? "")) return false;
  const text: unknown = block["text"];
  if (isObject(text) && !isText(textIn(text, "text"), MOST_TEXT)) return false;
  if (block["type"] !== "actions") return true;
  const elements = listIn(block, "elements");
  return elements.length > 0 && elements.length <= MOST_BUTTONS && elements.every(isButton);
}

function isButton(element: unknown): boolean {
  if (!isObject(element) || textIn(element, "action_id") === undefined) return false;
  return (textIn(element, "value") ?? "").length <= MOST_VALUE;
}

function isText(text: string | undefined, most: number): boolean {
  return text !== undefined && text.length > 0 && text.length <= most;
}
