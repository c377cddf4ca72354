import type { Progress } from "../../domain/outcome.ts";
import type { PartStatus } from "../../domain/run-blocks.ts";
import { isUnderWay } from "../../domain/run-state.ts";
import type { StepView } from "../../domain/run-view.ts";
import { code, inert } from "../mrkdwn.ts";
import { joined } from "./person-text.ts";

/** How a step stands, in one or a few plain words. */
export function stepWord(view: StepView): string {
  const { status, failure } = view.step;
  switch (status) {
    case "running":
      return runningWord(view);
    case "retrying":
      return "failed, will be tried again";
    case "postponed":
      return "waits, and goes on by itself";
    case "succeeded":
      return STOPPED[stopOutcome(view) ?? ""] ?? "succeeded";
    case "failed":
      return FAILED[failure?.code ?? ""] ?? "failed";
    case "cancelled":
      return "cancelled";
    case "skipped":
      return "skipped";
  }
}

// Beyond these, names say less than their number.
const MOST_NAMES = 4;

function runningWord({ step, awaited }: StepView): string {
  if (step.sort === "gate") return "waits for approval";
  return awaited === undefined ? "running" : `waits for the signal ${inert(awaited.signal.name, 60)}`;
}

/** How several steps stand: `scan and lint running; probe failed`. */
export function inWords(views: readonly StepView[], hasFormat: boolean): string {
  const byWord = Map.groupBy(views, stepWord);
  const parts = Array.from(byWord, ([word, own]) => {
    const names = own.slice(0, MOST_NAMES).map(({ name }) => (hasFormat ? code(name, 60) : inert(name, 60)));
    const more = own.length - names.length;
    return `${joined([...names, ...(more > 0 ? [`${more} more`] : [])], "and")} ${word}`;
  });
  return parts.join("; ");
}

/** What matters most of several steps stands for them all. */
export function stepStatus(views: readonly StepView[]): PartStatus {
  const steps = views.map(({ step }) => step);
  if (steps.some(({ status }) => status === "failed")) return "failed";
  const open = steps.filter(isUnderWay);
  if (open.some(({ sort }) => sort === "gate")) return "gate";
  if (open.length > 0) return "running";
  if (steps.some(({ status }) => status === "cancelled")) return "cancelled";
  return steps.every(({ status }) => status === "skipped") ? "skipped" : "succeeded";
}

const FAILED: Readonly<Record<string, string>> = {
  "gate.rejected": "rejected",
  "gate.expired": "expired",
  "step.timeout": "timed out",
  "attempt.timeout": "timed out",
};

/** By what a step that ends the leftovers of another one says of itself. */
const STOPPED: Readonly<Record<string, string>> = {
  terminated: "ended it",
  "had-ended": "found that it had ended",
  "not-ours": "left alone what is not its own",
  "could-not": "could not end it",
};

function stopOutcome({ step }: StepView): string | undefined {
  const outcome = step.stops === undefined ? undefined : step.output?.["outcome"];
  return typeof outcome === "string" ? outcome : undefined;
}

export function stepEmoji(view: StepView): string {
  if (stopOutcome(view) === "could-not") return ":warning:";
  if (view.step.sort === "gate" && view.step.status === "running") return ":raised_hand:";
  return EMOJI[view.step.status];
}

const EMOJI: Readonly<Record<StepView["step"]["status"], string>> = {
  running: ":arrow_forward:",
  retrying: ":arrows_counterclockwise:",
  postponed: ":hourglass_flowing_sand:",
  succeeded: ":white_check_mark:",
  failed: ":x:",
  cancelled: ":no_entry_sign:",
  skipped: ":heavy_minus_sign:",
};

/** What a step is doing now and how far it is, as one line of mrkdwn; empty when it has not said. */
export function progressText(progress: Progress | undefined): string {
  if (progress === undefined) return "";
  const { text, done, total } = progress;
  const share = done === undefined || total === undefined ? "" : ` (${done} of ${total})`;
  return `${inert(text, 300)}${share}`;
}
