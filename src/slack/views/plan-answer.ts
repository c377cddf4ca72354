import type { ApprovalRule } from "../../domain/target.ts";
import type { PlanAnswer, PlannedStage } from "../../engine/question-answers.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";
import { ruleText } from "./approval-rule-text.ts";
import { shortSha } from "./gate-evidence.ts";
import { joined } from "./person-text.ts";
import { plannedText } from "./planned-steps.ts";

const MOST_STAGES = 8;
const MOST_STEPS = 12;
const MOST_LOCKS = 8;

/** What a command would do, without doing anything. */
export function renderPlan(answer: PlanAnswer): MessageContent {
  const { title, stages, obstacles } = answer;
  const where = wayText(stages.map(({ environment }) => inert(environment, 60)));
  const verdict = obstacles.length === 0 ? "It could be started now." : "It would be refused now.";
  const goes = stages.length === 0 ? `What ${inert(title, 250)} would do` : `${inert(title, 250)} would go to ${where}`;
  const words = [`${goes}. ${verdict}`, ...obstacles.map((text) => inert(text, 300))];
  return message(`${words.join(" ")} Nothing was done.`, [
    section(`*What would happen: ${inert(title, 250)}*`),
    ...outlookBlocks(answer),
    context("nothing was done"),
  ]);
}

// More than these nobody listens to.
const MOST_NAMES = 5;
const FIRST_NAMES = 3;

function wayText(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(", then ");
  return [...names.slice(0, FIRST_NAMES), `${names.length - FIRST_NAMES} more`].join(", then ");
}

/** The same as blocks, which the form shows too. */
export function outlookBlocks(answer: PlanAnswer): readonly MessageBlock[] {
  const { revision, stages, obstacles } = answer;
  const groups = alike(stages, revision?.sha);
  const shown = groups.slice(0, MOST_STAGES);
  const rest = groups.slice(MOST_STAGES).reduce((sum, { names }) => sum + names.length, 0);
  const wrong = obstacles.slice(0, 6).map((text) => `:no_entry_sign: ${inert(text, 350)}`);
  const refusals = wrong.length > 0 ? [section(["*It would be refused now*", ...wrong].join("\n"))] : [];
  const places = [...shown.map(groupText), ...(rest > 0 ? [`and ${rest} more environments`] : [])].map(section);
  const around = aroundText(answer);
  const others = around.length === 0 ? [] : [section(around.join("\n"))];
  const commit = revision === undefined ? [] : [section(commitText(revision))];
  return fitBlocks([...commit, ...refusals, ...others, ...places], "and more environments");
}

function commitText({ sha, subject, author, authoredAt }: NonNullable<PlanAnswer["revision"]>): string {
  return `${code(shortSha(sha))} ${inert(subject, 150)} (${inert(author, 60)}, ${dateToken(authoredAt, "{ago}")})`;
}

/** What belongs to no environment. */
function aroundText({ stages, besides = [], beside, finally: last = [], atATime }: PlanAnswer): readonly string[] {
  const head = stages.length === 0 ? "*Steps*" : "*Besides*";
  return [
    ...(besides.length > 0 ? [`${head} ${plannedText(besides, MOST_STEPS)}`] : []),
    ...(beside?.approval === undefined ? [] : [approvalText(beside.approval)]),
    ...(beside === undefined ? [] : beside.locks.slice(0, MOST_LOCKS).map(lockLine)),
    ...(last.length > 0 ? [`*At the end* ${plannedText(last, MOST_STEPS)}`] : []),
    ...(atATime === undefined ? [] : [`up to ${atATime} environments at a time`]),
  ];
}

/** Environments that follow one another, and in which the same would happen. */
interface Alike {
  /** The place of the first of them. */
  readonly from: number;
  readonly names: string[];
  readonly move: string;
  readonly body: string;
}

function alike(stages: readonly PlannedStage[], sha: string | undefined): readonly Alike[] {
  const groups: Alike[] = [];
  for (const [index, stage] of stages.entries()) {
    const last = groups.at(-1);
    const [move, body] = [moveText(stage, sha), bodyText(stage)];
    if (last !== undefined && last.move === move && last.body === body) last.names.push(stage.environment);
    else groups.push({ from: index + 1, names: [stage.environment], move, body });
  }
  return groups;
}

function groupText({ from, names, move, body }: Alike): string {
  const numbers = names.length === 1 ? `${from}.` : `${from}. to ${from + names.length - 1}.`;
  const shown = names.map((name) => inert(name, 60));
  return [`*${numbers} ${joined(shown, "and")}* ${move}`, body].join("\n");
}

function moveText({ fromRevision }: PlannedStage, sha: string | undefined): string {
  const from = fromRevision === "" ? "nothing yet" : code(shortSha(fromRevision));
  return sha === undefined ? from : `${from} → ${code(shortSha(sha))}`;
}

function bodyText({ approval, locks, warnings, steps }: PlannedStage): string {
  return [
    ...(approval === undefined ? [] : [approvalText(approval)]),
    plannedText(steps, MOST_STEPS),
    ...locks.filter(({ held }) => held !== undefined).map(lockLine),
    ...warnings.slice(0, 4).map((warning) => `:warning: ${inert(warning, 300)}`),
  ].join("\n");
}

function approvalText(approval: ApprovalRule): string {
  return `:raised_hand: approval by ${ruleText(approval)}`;
}

function lockLine({ key, held }: PlannedStage["locks"][number]): string {
  return `:lock: ${code(key, 120)}${held === undefined ? "" : ` ${inert(held, 200)}`}`;
}
