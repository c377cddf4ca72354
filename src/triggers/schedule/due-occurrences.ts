import { lastOccurrence, nextOccurrence, type Timing } from "./occurrences.ts";

export type MissedPolicy = "skip" | "last" | "all";

/** Where a schedule stands. */
export interface Standing {
  readonly timing: Timing;
  /** Everything up to this moment is dealt with. */
  readonly untilMs: number;
  readonly missed: MissedPolicy;
}

/** What is to be done about the occurrences up to a moment, in this order. */
export interface DueOccurrences {
  /** Those that start nothing any more: the newest of them, and how many there are. */
  readonly skipped: { readonly newestMs: number; readonly count: number; readonly isMore: boolean } | undefined;
  /** Oldest first. */
  readonly asked: readonly { readonly atMs: number; readonly isLate: boolean }[];
}

/** How much later than its time an occurrence still counts as on time: about as long as a restart takes. */
export const ON_TIME_MS = 60_000;
const MOST_MADE_UP = 24;
const MOST_COUNTED = 100;

/** Decides what has become due by a moment, and what of it was missed. Pure. */
export function dueOccurrences({ timing, untilMs, missed }: Standing, nowMs: number): DueOccurrences {
  const lateUntilMs = Math.max(untilMs, nowMs - ON_TIME_MS - 1);
  const onTime = occurrencesIn(timing, { afterMs: lateUntilMs, untilMs: nowMs });
  const mostMadeUp = mostOf(missed, onTime.length);
  const late = newestLate({ timing, afterMs: untilMs, untilMs: lateUntilMs, limit: mostMadeUp + MOST_COUNTED + 1 });
  const madeUp = late.slice(0, mostMadeUp).toReversed();
  const left = late.slice(mostMadeUp);
  const [newestMs] = left;
  return {
    skipped:
      newestMs === undefined
        ? undefined
        : { newestMs, count: Math.min(left.length, MOST_COUNTED), isMore: left.length > MOST_COUNTED },
    asked: [...madeUp.map((atMs) => ({ atMs, isLate: true })), ...onTime.map((atMs) => ({ atMs, isLate: false }))],
  };
}

function mostOf(missed: MissedPolicy, onTime: number): number {
  if (missed === "all") return MOST_MADE_UP;
  // What starts now anyway is newer than everything that was missed.
  return missed === "last" && onTime === 0 ? 1 : 0;
}

function occurrencesIn(
  timing: Timing,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): readonly number[] {
  const found: number[] = [];
  let atMs = nextOccurrence(timing, afterMs);
  while (atMs !== undefined && atMs <= untilMs) {
    found.push(atMs);
    atMs = nextOccurrence(timing, atMs);
  }
  return found;
}

/** Newest first. */
function newestLate(span: {
  readonly timing: Timing;
  readonly afterMs: number;
  readonly untilMs: number;
  readonly limit: number;
}): readonly number[] {
  const found: number[] = [];
  let { untilMs } = span;
  while (found.length < span.limit) {
    const atMs = lastOccurrence(span.timing, { afterMs: span.afterMs, untilMs });
    if (atMs === undefined) break;
    found.push(atMs);
    untilMs = atMs - 1;
  }
  return found;
}
