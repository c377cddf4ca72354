import type { RunView } from "../../domain/run-view.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** What is left of the alert of a failure after which somebody let the run go on. */
export function renderSettledAlert({ id, shortId, state }: RunView, lookups: ViewLookups): MessageContent {
  const last = state.retries.at(-1);
  const who = last === undefined ? "somebody" : personText(last.actor, lookups);
  const when = last === undefined ? "" : ` ${dateToken(last.at, "{date_short_pretty} {time}")}`;
  const title = inert(state.title, 250);
  return message(`${title} failed, and was retried by ${who}.`, [
    section(`:arrows_counterclockwise: *${title}* failed, and was retried by ${who}${when}`),
    context(`run ${code(shortId, 40)}`, link(lookups.messages(cardSlot(id)), "open its card")),
  ]);
}
