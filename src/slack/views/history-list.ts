import type { Answer, PastOperation, PastRun } from "../../engine/answer.ts";
import type { RunRow } from "../../engine/ports.ts";
import { durationText } from "../../platform/duration.ts";
import { shortId } from "../../platform/ids.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link, userMention } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { revisionText } from "./blame-text.ts";
import { joined, personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST = 15;
const MOST_PEOPLE = 4;

/** The newest runs, and what others did beside them, one line each. */
export function renderHistory(
  { about, by, runs, operations = [] }: Extract<Answer, { kind: "history" }>,
  lookups: ViewLookups,
): MessageContent {
  const title = `History of ${inert(about, 200)}${by === undefined ? "" : ` with ${userMention(by)}`}`;
  const all = [
    ...runs.map((run) => runEntry(run, lookups)),
    ...operations.map((operation) => operationEntry(operation, lookups)),
  ].toSorted((left, right) => right.at - left.at);
  if (all.length === 0) return message(`${title}: no runs yet.`, [section(`*${title}*\nNo runs yet.`)]);
  const shown = all.slice(0, MOST);
  const more = all.length - shown.length;
  const words = shown.map((each) => each.words).join("; ");
  return message(`${title}: ${words}.`, [
    section(`*${title}*`),
    ...halves(shown.map(({ line }) => line)).map((part) => section(part.join("\n"))),
    ...(more > 0 ? [context(`and ${more} older ones`)] : []),
  ]);
}

interface Entry {
  readonly at: number;
  readonly line: string;
  /** For notifications and screen readers. */
  readonly words: string;
}

function runEntry(run: PastRun, lookups: ViewLookups): Entry {
  const line = `${runLine(run, lookups)}${decisionText(run, lookups)}`;
  return { at: run.startedAt, line, words: `${inert(run.title, 120)} ${statusOf(run).words}` };
}

/** What was done in Argo CD and not by a run. */
function operationEntry(operation: PastOperation, lookups: ViewLookups): Entry {
  const { app, service, environment, who, phase, revisions, startedAt, message: reason } = operation;
  const place = link(lookups.links(app), environment === "" ? service : `${service} in ${environment}`, 120);
  const at = revisions[0] === undefined ? "" : ` at ${revisionText(revisions[0])}`;
  const by = who === "auto-sync" ? "Argo CD's auto-sync" : `${code(who, 80)} in Argo CD`;
  const isGood = phase === "Succeeded";
  const why = isGood || reason === "" ? "" : `: ${inert(reason, 120)}`;
  const ended = isGood ? "succeeded" : `ended as ${inert(phase, 30)}`;
  const line = `:gear: Sync of ${place}${at} by ${by} ${ended}${why}, ${dateToken(startedAt, "{ago}")}`;
  const words = `Sync of ${inert(service, 60)} ${inert(environment, 40)} by ${inert(who, 60)} ${ended}`;
  return { at: startedAt, line, words };
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
  concluding: { emoji: ":arrow_forward:", words: "is finishing up" },
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
