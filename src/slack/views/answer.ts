import type { Answer } from "../../engine/answer.ts";
import type { MessageContent } from "../blocks.ts";
import { renderCandidates } from "./candidates.ts";
import { renderHistory } from "./history-list.ts";
import { renderNotice } from "./notice.ts";
import { renderStatus } from "./status-list.ts";
import { renderText } from "./text-answer.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** A private answer of any kind, as a message. */
export function renderAnswer(answer: Answer, lookups: ViewLookups): MessageContent {
  switch (answer.kind) {
    case "notice":
      return renderNotice(answer);
    case "text":
      return renderText(answer.text);
    case "candidates":
      return renderCandidates(answer);
    case "history":
      return renderHistory(answer, lookups);
    case "status":
      return renderStatus(answer, lookups);
  }
}
