import type { Progress } from "../../domain/outcome.ts";
import type { StepView } from "../../domain/run-view.ts";
import { inert } from "../mrkdwn.ts";

/** How a step stands, in one or a few plain words. */
export function stepWord(view: StepView): string {
  const { status, failure } = view.step;
  switch (status) {
    case "running":
      return "running";
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
