import type { Button } from "@slack/types";

import type { RunView } from "../../domain/run-view.ts";
import { durationText } from "../../platform/duration.ts";
import { actions, context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cancelText, whoCancelled } from "./cancel-text.ts";
import { chainLines, chainWords } from "./chain-lines.ts";
import { commandButton } from "./command-button.ts";
import { failedSteps, stepName } from "./failed-steps.ts";
import { gateEnding } from "./gate-ending.ts";
import { unlockCommand } from "./hand-lock-text.ts";
import { personText } from "./person-text.ts";
import { returnedLines, returnedWords } from "./returned-text.ts";
import { runButtons } from "./run-buttons.ts";
import { runStatus, type StatusMark } from "./run-status.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** The one message of a run in the channel: what, who, where, and how each environment stands. */
export function renderRunCard(view: RunView, lookups: ViewLookups): MessageContent {
  const status = runStatus(view);
  const title = inert(view.state.title, 250);
  const blocks: MessageBlock[] = [section(`${status.emoji} *${title}*\n${status.words}${ending(view)}`)];
  const lines = chainLines(view, lookups);
  if (lines.length > 0) blocks.push(section(lines.join("\n")));
  if (view.failure !== undefined) blocks.push(section(failureText(view, lookups)));
  const returned = returnedLines(view, lookups);
  if (returned.length > 0) blocks.push(section(returned.join("\n")));
  const cancelled = cancelText(view, lookups);
  if (cancelled !== undefined) blocks.push(section(cancelled));
  const holds = holdsOf(view, lookups);
  if (holds.length > 0) blocks.push(section(holds.join("\n")));
  blocks.push(context(...footer(view, lookups)));
  const buttons = [...runButtons(view, lookups), ...(lookups.hasPages ? [pageButton(view)] : [])];
  if (buttons.length > 0) blocks.push(actions(...buttons));
  return message(sentence(view, status, lookups), blocks);
}

// Far from those of other buttons of the card.
const PAGE_BUTTON = 90;

/** A link in the card would be everybody's and would end; the button gives each person one of their own. */
function pageButton({ id, shortId }: RunView): Button {
  const label = `Get a link to the page of ${shortId}`;
  return commandButton({ text: "Details", label, command: "page", values: { run: id }, index: PAGE_BUTTON });
}

/** What a rollback has left behind: otherwise only whoever is refused would hear of it. */
function holdsOf({ state }: RunView, lookups: ViewLookups): readonly string[] {
  const keys = [...state.locks.values()].flatMap((lock) => (lock.isHeldOn === true ? lock.keys : []));
  return keys
    .slice(0, MOST_HOLDS)
    .map((key) => `:lock: Held: nothing is promoted there until ${code(unlockCommand({ key }, lookups), 200)}`);
}

const MOST_HOLDS = 3;

function ending(view: RunView): string {
  const { startedAt, finishedAt } = view.state;
  return finishedAt === undefined ? "" : ` after ${durationText(finishedAt - startedAt)}`;
}

function failureText(view: RunView, lookups: ViewLookups): string {
  const where = view.failure?.step;
  const gate = where?.step.gate;
  const ended =
    where === undefined || gate === undefined ? undefined : gateEnding({ run: view, step: where, gate }, lookups);
  if (ended !== undefined) return ended.text;
  const place = where === undefined ? "" : ` in ${stepName(where)}`;
  const others = failedSteps(view).length - 1;
  const more = others > 0 ? ` and ${others} more ${others === 1 ? "step" : "steps"}` : "";
  return `*Why*${place}${more}: ${inert(view.failure?.failure.message ?? "", 1200)}`;
}

function footer(view: RunView, lookups: ViewLookups): readonly string[] {
  const { requester, startedAt, finishedAt, origin } = view.state;
  const commit =
    view.revision === undefined ? "" : `${code(view.revision.short, 40)} ${inert(view.revision.subject, 120)}`;
  const started = `asked for by ${personText(requester, lookups)} ${dateToken(startedAt, "{date_short_pretty} {time}")}`;
  const finished = finishedAt === undefined ? "" : `ended ${dateToken(finishedAt, "{date_short_pretty} {time}")}`;
  const { cause } = origin;
  const why = cause === undefined ? "" : linked(cause.link, inert(cause.says, 200));
  return [code(view.shortId, 40), started, why, finished, commit];
}

function linked(url: string | undefined, text: string): string {
  return url === undefined ? text : `${text} (${link(url, "see it there")})`;
}

function sentence(view: RunView, status: StatusMark, lookups: ViewLookups): string {
  const chain = chainWords(view);
  const cancelled = whoCancelled(view, lookups);
  const parts = [
    `${inert(view.state.title, 250)}: ${status.words.toLowerCase()}`,
    ...(chain === "" ? [] : [chain]),
    ...(view.failure === undefined ? [] : [`Reason: ${inert(view.failure.failure.message, 600)}`]),
    ...returnedWords(view),
    ...(cancelled === undefined ? [] : [cancelled]),
    `Run ${view.shortId}, asked for by ${personText(view.state.requester, lookups)}`,
  ];
  return `${parts.map((part) => part.replace(/\.$/u, "")).join(". ")}.`;
}
