import { message, preformatted, type MessageContent } from "../blocks.ts";
import { escapeText, truncate, visible } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";

const MOST_PARTS = 3;

/** Lines as they are, in a fixed-width font: usage, help, the place of a typing mistake. */
export function renderText(text: string): MessageContent {
  const lines = visible(text)
    .split("\n")
    .map((line) => truncate(line, 500));
  const parts: string[][] = [[]];
  let size = 0;
  for (const line of lines) {
    if (size + line.length + 1 > SLACK_LIMITS.textObject) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(line);
    size += line.length + 1;
  }
  return message(escapeText(text), parts.slice(0, MOST_PARTS).map(preformatted));
}
