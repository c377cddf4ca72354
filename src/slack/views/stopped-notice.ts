import type { RunView } from "../../domain/run-view.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** How people ended a run: a decision, or none in time. Not a failure of anything that runs, so it alarms nobody. */
const ENDINGS: ReadonlySet<string> = new Set(["gate.rejected", "gate.expired"]);

/** Whether the run was ended at a request for approval. */
export function isStoppedByPeople(run: RunView): boolean {
  return ENDINGS.has(run.failure?.failure.code ?? "");
}

/** Tells whoever asked that their run was rejected or that nobody decided; an edit of the request itself would notify nobody. */
export function renderStoppedNotice(run: RunView, lookups: ViewLookups): MessageContent {
  const who = personText(run.state.requester, lookups);
  const title = inert(run.state.title, 250);
  const rejection = run.failure?.step?.step.gate?.decisions.find(({ decision }) => decision === "reject");
  const reason = rejection === undefined || rejection.reason === "" ? "" : `: ${inert(rejection.reason, 1000)}`;
  const how =
    rejection === undefined
      ? "was stopped, because nobody decided in time"
      : `was rejected by ${personText(rejection.actor, lookups)}${reason}`;
  const environment = run.failure?.step?.environment;
  const unchanged = environment === undefined ? "" : `Nothing was changed in ${inert(environment, 60)}. `;
  const next = `To ask again: ${code(run.state.origin.text, 300)}`;
  return message(`${who} ${title} ${how}. ${unchanged}${next}`, [
    section(`${who} *${title}* ${how}\n${unchanged}${next}`),
    context(code(run.shortId, 40)),
  ]);
}
