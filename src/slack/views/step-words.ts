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
      return "succeeded";
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

export function stepEmoji(view: StepView): string {
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
