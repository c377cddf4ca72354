import type { Answer } from "../../engine/answer.ts";
import { context, message, type MessageContent } from "../blocks.ts";
import { link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { renderCandidates } from "./candidates.ts";
import { renderDiff } from "./diff-answer.ts";
import { renderHistory } from "./history-list.ts";
import { renderLocked } from "./locked-notice.ts";
import { renderMachines } from "./machines-list.ts";
import { renderNotice } from "./notice.ts";
import { renderPageLink } from "./page-link.ts";
import { renderPlan } from "./plan-answer.ts";
import { renderQueue } from "./queue-list.ts";
import { renderStatus } from "./status-list.ts";
import { renderText } from "./text-answer.ts";
import { renderWhere } from "./where-list.ts";
import { renderWho } from "./who-list.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** A private answer of any kind, as a message. */
export function renderAnswer(answer: Answer, lookups: ViewLookups): MessageContent {
  switch (answer.kind) {
    case "notice":
      return withCard(
        renderNotice(answer),
        answer.run === undefined ? undefined : lookups.messages(cardSlot(answer.run)),
      );
    case "text":
      return renderText(answer.text);
    case "page":
      return renderPageLink(answer);
    case "candidates":
      return renderCandidates(answer);
    case "history":
      return renderHistory(answer, lookups);
    case "status":
      return renderStatus(answer, lookups);
    case "where":
      return renderWhere(answer, lookups);
    case "who":
      return renderWho(answer);
    case "queue":
      return renderQueue(answer, lookups);
    case "diff":
      return renderDiff(answer);
    case "plan":
      return renderPlan(answer);
    case "machines":
      return renderMachines(answer, lookups);
    case "locked":
      return renderLocked(answer, lookups);
    case "form":
      // Where no form can be shown, the words that explain the command are.
      return renderText(answer.text);
  }
}

/** Leads people to the card of the run that they are told about, once Slack has it. */
function withCard(content: MessageContent, card: string | undefined): MessageContent {
  return card === undefined
    ? content
    : message(content.text, [...content.blocks, context(link(card, "open its card"))]);
}
