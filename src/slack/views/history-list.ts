import type { Answer } from "../../engine/answer.ts";
import type { RunRow } from "../../engine/ports.ts";
import { durationText } from "../../platform/duration.ts";
import { shortId } from "../../platform/ids.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST = 15;

/** The newest runs, one line each. */
export function renderHistory(
  { about, runs }: Extract<Answer, { kind: "history" }>,
  lookups: ViewLookups,
): MessageContent {
  const title = `History of ${inert(about, 200)}`;
  if (runs.length === 0) return message(`${title}: no runs yet.`, [section(`*${title}*\nNo runs yet.`)]);
  const shown = runs.slice(0, MOST);
  const lines = shown.map((run) => runLine(run, lookups));
  const more = runs.length - shown.length;
  const words = shown.map((run) => `${inert(run.title, 120)} ${STATUS[run.status].words}`).join("; ");
  return message(`${title}: ${words}.`, [
    section(`*${title}*`),
    ...halves(lines).map((part) => section(part.join("\n"))),
    ...(more > 0 ? [context(`and ${more} older ones`)] : []),
  ]);
}

/** One run in a list. */
export function runLine(run: RunRow, lookups: ViewLookups): string {
  const { emoji, words } = STATUS[run.status];
  const lasted = run.finishedAt === undefined ? "" : ` after ${durationText(run.finishedAt - run.startedAt)}`;
  const who = personText(run.requester, lookups);
  const url = lookups.messages(cardSlot(run.id));
  const title = url === undefined ? inert(run.title, 150) : link(url, run.title, 150);
  const id = code(shortId(run.id));
  return `${emoji} ${title} ${words}${lasted}, ${who}, ${dateToken(run.startedAt, "{ago}")} ${id}`;
}

const STATUS: Readonly<Record<RunRow["status"], { readonly emoji: string; readonly words: string }>> = {
  running: { emoji: ":arrow_forward:", words: "is running" },
  failing: { emoji: ":x:", words: "has failed, finishing up" },
  succeeded: { emoji: ":white_check_mark:", words: "succeeded" },
  failed: { emoji: ":x:", words: "failed" },
  cancelled: { emoji: ":no_entry_sign:", words: "was cancelled" },
};

// A section takes 3,000 characters; a line at its longest needs about 400.
function halves(lines: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (index % 5 === 0) groups.push([]);
    groups.at(-1)?.push(line);
  }
  return groups;
}
