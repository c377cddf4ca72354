import { visible } from "../../platform/visible-text.ts";
import { message, preformatted, section, type MessageContent } from "../blocks.ts";
import { escapeText, inert, truncate } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";

const MOST_PARTS = 3;
const MOST_LINE = 500;

/** The first line as a sentence, the others as they are in a fixed-width font: usage, help, the place of a typing mistake. */
export function renderText(text: string): MessageContent {
  const [first = "", ...rest] = visible(text).split("\n");
  const parts = partsOf(rest.map((line) => truncate(line, MOST_LINE)));
  return message(escapeText(text), [section(inert(first, 2000)), ...parts.slice(0, MOST_PARTS).map(preformatted)]);
}

function partsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let left = 0;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) {
      parts.push([]);
      left = SLACK_LIMITS.textObject - line.length - 1;
    }
    parts.at(-1)?.push(line);
  }
  return parts;
}
