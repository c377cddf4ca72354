import type { ToldRun } from "./told.ts";

/** What the program ends with, for whoever calls it from a script. */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  /** Wrong arguments, or the server refuses. */
  refused: 2,
  /** People, or the time that they had, ended it. */
  stopped: 3,
  unreachable: 4,
  /** As a shell says it of what was interrupted. */
  interrupted: 130,
} as const;

const BY_PEOPLE = new Set(["gate.rejected", "gate.expired"]);

export function exitCodeOf({ status, failure }: Pick<ToldRun, "status" | "failure">): number {
  if (status === "succeeded") return EXIT.succeeded;
  if (status === "cancelled") return EXIT.stopped;
  return failure !== undefined && BY_PEOPLE.has(failure.code) ? EXIT.stopped : EXIT.failed;
}

/** How it ended, in one sentence. */
export function endingText({ shortId, status, failure, cancelled }: ToldRun): string {
  if (status === "succeeded") return `${shortId} succeeded.`;
  if (status === "cancelled") {
    const by = cancelled === undefined ? "" : ` by ${cancelled.by}`;
    const why = cancelled === undefined || cancelled.reason === "" ? "" : `: ${cancelled.reason}`;
    return `${shortId} was cancelled${by}${why}.`;
  }
  return `${shortId} ${status}${failure === undefined ? "" : `: ${failure.message}`}`;
}
