import type { Answer, PastRun } from "../../engine/answer.ts";
import type { RunRow } from "../../engine/ports.ts";
import { durationText } from "../../platform/duration.ts";
import { shortId } from "../../platform/ids.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { joined, personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST = 15;
const MOST_PEOPLE = 4;

/** The newest runs, one line each. */
export function renderHistory(
  { about, runs }: Extract<Answer, { kind: "history" }>,
  lookups: ViewLookups,
): MessageContent {
  const title = `History of ${inert(about, 200)}`;
  if (runs.length === 0) return message(`${title}: no runs yet.`, [section(`*${title}*\nNo runs yet.`)]);
  const shown = runs.slice(0, MOST);
  const lines = shown.map((run) => `${runLine(run, lookups)}${decisionText(run, lookups)}`);
  const more = runs.length - shown.length;
  const words = shown.map((run) => `${inert(run.title, 120)} ${statusOf(run).words}`).join("; ");
  return message(`${title}: ${words}.`, [
    section(`*${title}*`),
    ...halves(lines).map((part) => section(part.join("\n"))),
    ...(more > 0 ? [context(`and ${more} older ones`)] : []),
  ]);
}

function decisionText({ approvedBy, rejectedBy }: PastRun, lookups: ViewLookups): string {
  const people = (actors: readonly string[]): string =>
    joined(
      actors.slice(0, MOST_PEOPLE).map((actor) => personText(actor, lookups)),
      "and",
    );
  return [
    ...(approvedBy.length > 0 ? [`, approved by ${people(approvedBy)}`] : []),
    ...(rejectedBy.length > 0 ? [`, rejected by ${people(rejectedBy)}`] : []),
  ].join("");
}

/** One run in a list. */
export function runLine(run: RunRow, lookups: ViewLookups): string {
  const { emoji, words } = statusOf(run);
  const lasted = run.finishedAt === undefined ? "" : ` after ${durationText(run.finishedAt - run.startedAt)}`;
  const who = `asked for by ${personText(run.requester, lookups)}`;
  const url = lookups.messages(cardSlot(run.id));
  const title = url === undefined ? inert(run.title, 150) : link(url, run.title, 150);
  const id = code(shortId(run.id));
  return `${emoji} ${title} ${words}${lasted}, ${who}, ${dateToken(run.startedAt, "{ago}")} ${id}`;
}

function statusOf({ status, parked }: RunRow): { readonly emoji: string; readonly words: string } {
  // For people, or for another run that is ahead of it.
  return status === "running" && parked ? { emoji: ":hourglass:", words: "is waiting" } : STATUS[status];
}

const STATUS: Readonly<Record<RunRow["status"], { readonly emoji: string; readonly words: string }>> = {
  running: { emoji: ":arrow_forward:", words: "is running" },
  failing: { emoji: ":x:", words: "has failed, finishing up" },
  cancelling: { emoji: ":no_entry_sign:", words: "is being cancelled" },
  succeeded: { emoji: ":white_check_mark:", words: "succeeded" },
  failed: { emoji: ":x:", words: "failed" },
  cancelled: { emoji: ":no_entry_sign:", words: "was cancelled" },
};

// A section takes 3,000 characters; a line at its longest needs about 600.
function halves(lines: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (index % 4 === 0) groups.push([]);
    groups.at(-1)?.push(line);
  }
  return groups;
}
