import type { PlanAnswer, PlannedStage } from "../../engine/question-answers.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";
import { ruleText } from "./approval-rule-text.ts";
import { shortSha } from "./gate-evidence.ts";
import { plannedText } from "./planned-steps.ts";

const MOST_STAGES = 8;
const MOST_STEPS = 12;

/** What a command would do, without doing anything. */
export function renderPlan(answer: PlanAnswer): MessageContent {
  const { title, stages, obstacles } = answer;
  const where = stages.map(({ environment }) => inert(environment, 60)).join(", then ");
  const verdict = obstacles.length === 0 ? "It could be started now." : "It would be refused now.";
  const words = [`${inert(title, 250)} would go to ${where}. ${verdict}`, ...obstacles.map((text) => inert(text, 300))];
  return message(`${words.join(" ")} Nothing was done.`, [
    section(`*What would happen: ${inert(title, 250)}*`),
    ...outlookBlocks(answer),
    context("nothing was done"),
  ]);
}

/** The same as blocks, which the form shows too. */
export function outlookBlocks(answer: PlanAnswer): readonly MessageBlock[] {
  const { revision, stages, obstacles } = answer;
  const shown = stages.slice(0, MOST_STAGES);
  const { sha, subject, author, authoredAt } = revision;
  const commit = `${code(shortSha(sha))} ${inert(subject, 150)} (${inert(author, 60)}, ${dateToken(authoredAt, "{ago}")})`;
  const wrong = obstacles.slice(0, 6).map((text) => `:no_entry_sign: ${inert(text, 350)}`);
  const refusals = wrong.length > 0 ? [section(["*It would be refused now*", ...wrong].join("\n"))] : [];
  const places = shown.map((stage, index) => section(stageText(stage, { index, sha })));
  const around = aroundText(answer);
  const others = around.length === 0 ? [] : [section(around.join("\n"))];
  return fitBlocks([section(commit), ...refusals, ...others, ...places], "and more environments");
}

/** What belongs to no environment. */
function aroundText({ besides = [], finally: last = [], atATime }: PlanAnswer): readonly string[] {
  return [
    ...(besides.length > 0 ? [`*Besides* ${plannedText(besides, MOST_STEPS)}`] : []),
    ...(last.length > 0 ? [`*At the end* ${plannedText(last, MOST_STEPS)}`] : []),
    ...(atATime === undefined ? [] : [`up to ${atATime} environments at a time`]),
  ];
}

function stageText(stage: PlannedStage, { index, sha }: { readonly index: number; readonly sha: string }): string {
  const { environment, fromRevision, approval, locks, warnings, steps } = stage;
  const from = fromRevision === "" ? "nothing yet" : code(shortSha(fromRevision));
  const held = locks.flatMap(({ key, held: by }) =>
    by === undefined ? [] : [`:lock: ${code(key, 120)} ${inert(by, 200)}`],
  );
  return [
    `*${index + 1}. ${inert(environment, 60)}* ${from} → ${code(shortSha(sha))}`,
    ...(approval === undefined ? [] : [`:raised_hand: approval by ${ruleText(approval)}`]),
    plannedText(steps, MOST_STEPS),
    ...held,
    ...warnings.slice(0, 4).map((warning) => `:warning: ${inert(warning, 300)}`),
  ].join("\n");
}
