import type { SlackMessage } from "../../src/simulator/slack-messages.ts";

/** Everybody whom a message calls upon: the tokens that Slack reads in its texts. Plain text and rich text leaves call nobody. */
export function mentionsIn({ text, blocks }: Pick<SlackMessage, "text" | "blocks">): readonly string[] {
  return [text, ...mrkdwnIn(blocks)].flatMap((part) => part.match(/<(?:!(?!date\^)|@)[^>]*>/gu) ?? []);
}

/** The addresses that a message links to. */
export function linksIn({ text, blocks }: Pick<SlackMessage, "text" | "blocks">): readonly string[] {
  return [text, ...mrkdwnIn(blocks)].flatMap((part) => part.match(/<(?:https?|mailto):[^>|]*/gu) ?? []);
}

/** Every text of the blocks that Slack reads as mrkdwn. */
function mrkdwnIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "mrkdwn" && "text" in value) return [String(value.text)];
  return Object.values(value).flatMap(mrkdwnIn);
}
