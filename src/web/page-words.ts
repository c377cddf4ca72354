import type { BlockView, PartStatus } from "../domain/run-blocks.ts";
import { type RunPhase, runPhase, type RunView, type StageView, type StepView } from "../domain/run-view.ts";
import { isoTime } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";
import { html, type Html } from "./html.ts";

/** What a page knows beside the run: who people are, and when it is. */
export interface PageContext {
  /** The name of somebody by their pseudonym. */
  readonly nameOf: (pseudonym: string) => string;
  readonly now: number;
}

type Tone = "good" | "bad" | "wait" | "calm";

/** A state in words; the colour only repeats them. */
export function mark(words: string, tone: Tone): Html {
  return html`<span class="mark ${tone}">${words}</span>`;
}

export function runMark(view: RunView): Html {
  const [words, tone] = RUNS[runPhase(view)];
  return mark(words, tone);
}

const RUNS: Readonly<Record<RunPhase, readonly [string, Tone]>> = {
  gate: ["Waiting for approval", "wait"],
  queued: ["Queued", "wait"],
  running: ["Running", "calm"],
  failing: ["Failed, finishing up", "bad"],
  cancelling: ["Being cancelled", "wait"],
  concluding: ["Finishing up", "calm"],
  succeeded: ["Succeeded", "good"],
  failed: ["Failed", "bad"],
  cancelled: ["Cancelled", "wait"],
};

/** How an environment, or a part of a block, stands. */
export function stageMark({ status }: Pick<StageView, "status">): Html {
  const [words, tone] = STAGES[status];
  return mark(words, tone);
}

const STAGES: Readonly<Record<StageView["status"], readonly [string, Tone]>> = {
  waiting: ["Not reached yet", "calm"],
  running: ["Running", "calm"],
  gate: ["Waiting for approval", "wait"],
  queued: ["Queued", "wait"],
  succeeded: ["Succeeded", "good"],
  failed: ["Failed", "bad"],
  cancelled: ["Cancelled", "wait"],
  skipped: ["Skipped", "calm"],
};

/** How many parts of a block stand how, what needs people first. */
export function countWords({ counts }: Pick<BlockView, "counts">): string {
  const parts = BY_URGENCY.flatMap((status) => {
    const count = counts[status];
    return count === undefined ? [] : [`${STAGES[status][0].toLowerCase()}: ${count}`];
  });
  return parts.join(" · ");
}

const BY_URGENCY = [
  "failed",
  "gate",
  "running",
  "queued",
  "cancelled",
  "succeeded",
  "skipped",
  "waiting",
] as const satisfies readonly PartStatus[];

export function stepMark({ step }: StepView): Html {
  if (step.sort === "gate" && step.status === "running") return mark("Waiting for approval", "wait");
  const [words, tone] = STEPS[step.status];
  return mark(words, tone);
}

const STEPS: Readonly<Record<StepView["step"]["status"], readonly [string, Tone]>> = {
  running: ["Running", "calm"],
  retrying: ["Failed, tried again", "wait"],
  postponed: ["Waits", "wait"],
  succeeded: ["Succeeded", "good"],
  failed: ["Failed", "bad"],
  cancelled: ["Cancelled", "wait"],
  skipped: ["Skipped", "calm"],
};

/** A moment with its day, in UTC: nobody knows where the reader is. */
export function moment(atMs: number): Html {
  const iso = isoTime(atMs);
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** The same down to milliseconds, without the day where that is the day of the one before. */
export function momentAfter(atMs: number, beforeMs: number | undefined): Html {
  const iso = isoTime(atMs);
  const isSameDay = beforeMs !== undefined && isoTime(beforeMs).slice(0, 10) === iso.slice(0, 10);
  return html`<time datetime="${iso}">${isSameDay ? "" : `${iso.slice(0, 10)} `}${iso.slice(11, 23)}</time>`;
}

/** How long something took, down to milliseconds where it was quick. */
export function took(fromMs: number, toMs: number): string {
  const durationMs = Math.max(0, toMs - fromMs);
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : durationText(durationMs);
}

/** The first digits of a commit. */
export function shortCommit(revision: string): string {
  return revision === "" ? "nothing" : revision.slice(0, 7);
}

/** A text of several lines, cut where it is endless. */
export function longText(text: string, limit = 2000): string {
  // A character is one or two units of it.
  const points = Array.from(text.slice(0, 2 * limit + 2));
  return points.length > limit ? `${points.slice(0, limit).join("")}…` : text;
}
