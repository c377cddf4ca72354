import type { RunView } from "../../domain/run-view.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { cancelText, whoCancelled } from "./cancel-text.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** Whether the run has ended because of somebody other than who asked for it, who has to hear of it. */
export function isCancelledByOthers({ state }: RunView): boolean {
  const { cancel, requester, finishedAt } = state;
  return finishedAt !== undefined && cancel !== undefined && (cancel.actor !== requester || cancel.by !== undefined);
}

/** Tells whoever asked for a run that somebody else has ended it; an edit of the card would notify nobody. */
export function renderCancelledNotice(run: RunView, lookups: ViewLookups): MessageContent {
  const who = personText(run.state.requester, lookups);
  const title = inert(run.state.title, 250);
  const how = whoCancelled(run, lookups) ?? "";
  const next = `To ask for it again: ${code(run.state.origin.text, 300)}`;
  return message(`${who} ${title}: ${how}. ${next}`, [
    section(`${who} *${title}*\n${cancelText(run, lookups) ?? ""}\n${next}`),
    context(code(run.shortId, 40)),
  ]);
}
