import type { Answer } from "../../engine/answer.ts";
import { shortId } from "../../platform/ids.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { dateToken, inert, link } from "../mrkdwn.ts";

/** A private link to the page of a run. */
export function renderPageLink({ run, title, url, until }: Extract<Answer, { kind: "page" }>): MessageContent {
  const short = shortId(run);
  return message(`The page of ${short}: ${inert(title, 250)}`, [
    section(`:page_facing_up: ${link(url, `The page of ${short}`)}: ${inert(title, 250)}`),
    context(
      `Whoever has this link can read the page, until ${dateToken(until, "{time}")}. It is for you: others press the button on the card.`,
    ),
  ]);
}
