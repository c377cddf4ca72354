import { stepPlace } from "../../domain/step-place.ts";
import type { StepView } from "../../domain/run-view.ts";
import { durationText } from "../../platform/duration.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";
import { PART_EMOJI } from "./stage-line.ts";
import { resultLines } from "./step-result.ts";
import { inWords, progressText, stepEmoji, stepStatus, stepWord } from "./step-words.ts";

const MOST_LINES = 15;

/** The message of one iteration of a long loop, with its steps as lines; edited in place as they go on. */
export function renderFleetMessage(path: string, steps: readonly StepView[]): MessageContent {
  const status = stepStatus(steps);
  const place = inert(stepPlace({ path, environment: steps[0]?.environment }), 120);
  const words = summary(steps);
  const lines = steps.slice(-MOST_LINES).map((view) => stepLine(view));
  const earlier = steps.length - lines.length;
  const body = [...(earlier > 0 ? [`${earlier} earlier steps`] : []), ...lines].join("\n");
  return message(`${place}: ${words}. ${lines.at(-1)?.replaceAll("`", "") ?? ""}`, [
    section(`${PART_EMOJI[status]} *${place}* ${words}`),
    section(body),
    context(...footer(steps)),
  ]);
}

function summary(steps: readonly StepView[]): string {
  const open = steps.filter(({ step }) => step.status !== "succeeded" && step.status !== "skipped");
  const done = steps.length - open.length;
  const count = `${done} ${done === 1 ? "step" : "steps"} done`;
  return open.length === 0 ? count : `${count}; ${inWords(open, false)}`;
}

function stepLine(view: StepView): string {
  const { endedAt, firstStartedAt } = view.step;
  const lasted = endedAt === undefined ? "" : ` after ${durationText(endedAt - firstStartedAt)}`;
  const said = saidOf(view);
  return `${stepEmoji(view)} ${code(view.name, 60)} ${stepWord(view)}${lasted}${said === "" ? "" : `: ${said}`}`;
}

/** The one line that says most: how far it is, what came of it, or why it is not through. */
function saidOf(view: StepView): string {
  const { status, failure, note, sort } = view.step;
  switch (status) {
    case "running":
      return sort === "gate" ? "" : inert(progressText(view.progress), 150);
    case "retrying":
    case "failed":
      return inert(failure?.message ?? "", 150);
    case "succeeded":
      return resultLines(view)[0] ?? "";
    case "postponed":
    case "skipped":
    case "cancelled":
      return inert(note ?? "", 150);
  }
}

function footer(steps: readonly StepView[]): readonly string[] {
  const startedAt = Math.min(...steps.map(({ step }) => step.firstStartedAt));
  const ends = steps.map(({ step }) => step.endedAt ?? Number.POSITIVE_INFINITY);
  const endedAt = Math.max(...ends);
  return Number.isFinite(endedAt)
    ? [`ended ${dateToken(endedAt, "{time_secs}")}`]
    : [`started ${dateToken(startedAt, "{ago}")}`];
}
