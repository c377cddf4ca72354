import { runPhase, type RunView } from "../../domain/run-view.ts";

/** A state as people see it: never by colour or picture alone. */
export interface StatusMark {
  readonly emoji: string;
  readonly words: string;
}

/** How the whole run stands. */
export function runStatus(view: RunView): StatusMark {
  switch (runPhase(view)) {
    case "succeeded":
      return { emoji: ":white_check_mark:", words: "Succeeded" };
    case "cancelling":
      return { emoji: ":no_entry_sign:", words: "Being cancelled" };
    case "cancelled":
      return { emoji: ":no_entry_sign:", words: "Cancelled" };
    case "failed":
      return { emoji: ":x:", words: ENDINGS[view.failure?.failure.code ?? ""] ?? "Failed" };
    case "failing":
      return { emoji: ":x:", words: `${ENDINGS[view.failure?.failure.code ?? ""] ?? "Failed"}, finishing up` };
    case "concluding":
      return { emoji: ":arrow_forward:", words: "Finishing up" };
    case "gate":
      return { emoji: ":raised_hand:", words: "Waiting for approval" };
    case "queued":
      return { emoji: ":hourglass_flowing_sand:", words: "Queued" };
    case "running":
      return { emoji: ":arrow_forward:", words: "Running" };
  }
}

const ENDINGS: Readonly<Record<string, string>> = {
  "gate.rejected": "Rejected",
  "gate.expired": "Stopped, nobody decided in time",
};
