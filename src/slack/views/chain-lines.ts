import { blockStatus } from "../../domain/block-status.ts";
import { type ChainRow, chainRows } from "../../domain/chain-rows.ts";
import type { PartStatus } from "../../domain/run-blocks.ts";
import type { RunView, StepView } from "../../domain/run-view.ts";
import { code, inert, link } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";
import { gateSlot } from "../slot-ids.ts";
import { blockName, blockText, countedText } from "./block-line.ts";
import { approvedText, gateText, PART_EMOJI, queueText, stageLine, stageWords } from "./stage-line.ts";
import { signalHint } from "./signal-hint.ts";
import { inWords, stepEmoji, stepStatus, stepWord } from "./step-words.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** How each environment, block, command and step of the chain stands, one line each; of too many those that matter most. */
export function chainLines(view: RunView, lookups: ViewLookups): readonly string[] {
  const rows = shownRows(view);
  const shown = mostUrgent(rows);
  const lines = shown.map((row) => `${branchText(row)}${rowLine(view, row, lookups)}`);
  const rest = rows.filter((row) => !shown.includes(row));
  if (rest.length > 0) return [...lines, `+ ${restText(rest)}`];
  return lines.length < SLACK_LIMITS.cardLines ? [...lines, ...queueLines(view, lookups)] : lines;
}

/** What a run without environments waits for: nothing else of it says so. */
function queueLines({ stages, queue: [first] }: RunView, lookups: ViewLookups): readonly string[] {
  return first === undefined || stages.length > 0 ? [] : [`${PART_EMOJI.queued} ${queueText(first, lookups)}`];
}

/** The same without links and formatting, for notifications and screen readers. */
export function chainWords(view: RunView): string {
  const isOver = view.state.finishedAt !== undefined;
  const all = shownRows(view);
  const stages = all.flatMap((row) =>
    row.type === "stage" ? [{ key: row.stage.environment, status: row.stage.status }] : [],
  );
  const isCounted = stages.length > MOST_STAGES;
  const rows = isCounted ? all.filter(({ type }) => type !== "stage") : all;
  const shown = mostUrgent(rows);
  const more = rows.length - shown.length;
  const words = shown.map((row) => `${branchText(row)}${rowWords(row, isOver)}`);
  const counted = isCounted ? [countedText(stages, isOver)] : [];
  return [...counted, ...words, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

// More environments than these are counted where nobody could read all their names.
const MOST_STAGES = 4;

/** Steps that tell people something, and those that were not to be done, are not worth a line where anything else is. */
function shownRows(view: RunView): readonly ChainRow[] {
  const rows = chainRows(view);
  const shown = rows.filter((row) => row.type !== "step" || isShown(row.step));
  return shown.length > 0 ? shown : rows;
}

function isShown({ uses, step }: StepView): boolean {
  return step.status === "failed" || (step.status !== "skipped" && !TELLS.has(uses));
}

const TELLS: ReadonlySet<string> = new Set(["slack/alert", "slack/message", "slack/file"]);

function branchText({ branch, type }: ChainRow): string {
  if (branch === "steps" || type === "stage") return "";
  return branch === "finally" ? "at the end: " : "after the failure: ";
}

function rowLine(view: RunView, row: ChainRow, lookups: ViewLookups): string {
  switch (row.type) {
    case "stage":
      return stageLine(view, row.stage, lookups);
    case "step":
      return `${stepEmoji(row.step)} ${code(row.step.name, 60)} ${stepText(view, row.step, lookups)}`;
    case "block": {
      const text = blockText(row.block, view.state.finishedAt !== undefined);
      return `${PART_EMOJI[blockStatus(row.block)]} *${blockName(row.block)}* ${text}${todo(view, row.steps, lookups)}`;
    }
    case "command":
      return `${PART_EMOJI[rowStatus(row)]} *${inert(row.name, 60)}* ${commandText(row.steps, true)}${todo(view, row.steps, lookups)}`;
  }
}

function stepText(view: RunView, step: StepView, lookups: ViewLookups): string {
  const [steps, status] = [[step], stepStatus([step])];
  if (status === "gate") return gateText(view, { steps }, lookups);
  return `${stepWord(step)}${todo(view, steps, lookups)}${approvedText({ steps, status }, lookups)}`;
}

function rowWords(row: ChainRow, isOver: boolean): string {
  switch (row.type) {
    case "stage":
      return stageWords(row.stage, isOver);
    case "step":
      return `${inert(row.step.name, 60)} ${stepWord(row.step)}`;
    case "block":
      return `${blockName(row.block)}: ${blockText(row.block, isOver)}`;
    case "command":
      return `${inert(row.name, 60)} ${commandText(row.steps, false)}`;
  }
}

/** Another command in one line: what fails or is under way in it by name, and otherwise how much of it is done. */
function commandText(steps: readonly StepView[], hasFormat: boolean): string {
  const open = steps.filter(({ step }) => step.status !== "succeeded" && step.status !== "skipped");
  const done = `${steps.length - open.length} ${steps.length - open.length === 1 ? "step" : "steps"} done`;
  return open.length === 0 ? done : inWords(open, hasFormat);
}

/** Where the first of its open gates is decided, or else how the first signal is sent that it waits for. */
function todo(view: RunView, steps: readonly StepView[], lookups: ViewLookups): string {
  const awaited = steps.find((step) => step.awaited !== undefined)?.awaited;
  const decide = decideLink(view, steps, lookups);
  return decide !== "" || awaited === undefined ? decide : `: ${signalHint(awaited, lookups)}`;
}

/** Where the first of its open gates is decided. */
function decideLink(view: RunView, steps: readonly StepView[], lookups: ViewLookups): string {
  const open = steps.find(({ step }) => step.sort === "gate" && step.status === "running" && step.gate !== undefined);
  const url = open === undefined ? undefined : lookups.messages(gateSlot(view.id, open.path, open.step.voided.length));
  return url === undefined ? "" : `: ${link(url, "decide in the thread")}`;
}

/** As many as the card takes: what failed or needs people before what is under way, that before what is done or to come. */
function mostUrgent(rows: readonly ChainRow[]): readonly ChainRow[] {
  if (rows.length <= SLACK_LIMITS.cardLines) return rows;
  const ranked = rows.toSorted((left, right) => URGENCY[rowStatus(left)] - URGENCY[rowStatus(right)]);
  const kept = new Set(ranked.slice(0, SLACK_LIMITS.cardLines - 1));
  return rows.filter((row) => kept.has(row));
}

const URGENCY: Readonly<Record<PartStatus, number>> = {
  failed: 0,
  gate: 0,
  running: 1,
  queued: 1,
  cancelled: 2,
  succeeded: 3,
  waiting: 3,
  skipped: 4,
};

function rowStatus(row: ChainRow): PartStatus {
  switch (row.type) {
    case "stage":
      return row.stage.status;
    case "step":
      return stepStatus([row.step]);
    case "block":
      return blockStatus(row.block);
    case "command":
      return stepStatus(row.steps);
  }
}

/** `28 more: 3 done, 25 to come`. */
function restText(rest: readonly ChainRow[]): string {
  const statuses = rest.map(rowStatus);
  const counts = REST.flatMap(([status, words]) => {
    const count = statuses.filter((other) => other === status).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${rest.length} more: ${counts.join(", ")}`;
}

const REST: readonly (readonly [PartStatus, string])[] = [
  ["failed", "failed"],
  ["gate", "waiting for approval"],
  ["running", "under way"],
  ["queued", "queued"],
  ["cancelled", "stopped"],
  ["succeeded", "done"],
  ["waiting", "not reached"],
  ["skipped", "skipped"],
];
