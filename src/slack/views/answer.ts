import type { Answer } from "../../engine/answer.ts";
import { context, message, type MessageContent, preformatted, section } from "../blocks.ts";
import { inert, userMention } from "../mrkdwn.ts";
import { renderCandidates } from "./candidates.ts";
import { renderHistory } from "./history-list.ts";
import { renderNotice } from "./notice.ts";
import { renderStatus } from "./status-list.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_LINES = 30;

/** Any private answer as a message. */
export function renderAnswer(answer: Answer, lookups: ViewLookups): MessageContent {
  switch (answer.kind) {
    case "notice": {
      const { code, message: text, suggestions, about } = answer;
      const content = renderNotice({ code, message: text, ...(suggestions !== undefined && { suggestions }) });
      // A mention is markup of ours, so it stands apart from the text, which is not.
      return about === undefined
        ? content
        : message(content.text, [...content.blocks, context(`By ${userMention(about)}`)]);
    }
    case "text": {
      const lines = answer.text.split("\n").slice(0, MOST_LINES);
      const [first = "", ...rest] = lines;
      const body =
        rest.length === 0 ? [section(inert(first, 2000))] : [section(inert(first, 2000)), preformatted(rest)];
      return message(inert(lines.join(" "), 2000), body);
    }
    case "candidates":
      return renderCandidates(answer);
    case "history":
      return renderHistory(answer, lookups);
    case "status":
      return renderStatus(answer, lookups);
  }
}
