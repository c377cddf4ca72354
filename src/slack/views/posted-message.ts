import { z } from "zod";

import { context, message, type MessageContent, section } from "../blocks.ts";
import { escapeText, groupMention, link, userMention } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";

/** What a step that posts a message was given; it was checked when it was executed. */
const PostedMessage = z.looseObject({
  text: z.string(),
  channel: z.string().optional(),
  link: z.looseObject({ url: z.string(), label: z.string() }).optional(),
  mention: z.array(z.string()).optional(),
});
type PostedMessage = z.infer<typeof PostedMessage>;

/** The message that a step with this input posts; undefined for an input that is none of it. */
export function tryPostedMessage(input: unknown): PostedMessage | undefined {
  return PostedMessage.safeParse(input).data;
}

const MOST_SECTIONS = 4;

/** A message of a team's own. What it says is never read as a mention, a channel or a link; formatting is. */
export function renderPostedMessage(posted: PostedMessage, run: string): MessageContent {
  const mentions = (posted.mention ?? []).map((id) => (id.startsWith("S") ? groupMention(id) : userMention(id)));
  const head = mentions.length === 0 ? "" : `${mentions.join(" ")} `;
  const words = head + escapeText(posted.text).trim();
  const below = posted.link === undefined ? "" : link(posted.link.url, posted.link.label);
  const blocks = sectionTexts(words).map((text) => section(text));
  return message(words, [...blocks, context(below, run)]);
}

/** Cut between lines, so that each part fits into a block and no formatting runs over; what is too much is left out. */
function sectionTexts(words: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  for (const line of words.split("\n")) {
    if (part !== "" && part.length + line.length >= SLACK_LIMITS.textObject) {
      parts.push(part);
      part = "";
    }
    part = part === "" ? line : `${part}\n${line}`;
  }
  parts.push(part);
  const kept = parts.filter((each) => each.trim() !== "");
  return kept.length > MOST_SECTIONS ? [...kept.slice(0, MOST_SECTIONS - 1), "…"] : kept;
}
