/** What is known of one thing that is watched. `away`: nobody can say how it is. */
export type SoakFinding =
  | { readonly kind: "good" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "away"; readonly reason: string };

export interface SoakTiming {
  /** How long everything has to be good. */
  readonly forMs: number;
  /** How long it may be bad, or unknown, without the time beginning anew. */
  readonly graceMs: number;
  readonly onBad: "fail" | "restart";
}

/** How far a soak is; times are of a clock that never goes back. */
export interface SoakState {
  /** From when the time counts; undefined while something is bad for longer than the grace. */
  readonly sinceMs: number | undefined;
  /** Since when something is bad or unknown. */
  readonly troubleMs: number | undefined;
  /** Whether it was bad at some moment of that. */
  readonly isBad: boolean;
  readonly restarts: number;
}

export interface SoakVerdict {
  readonly state: SoakState;
  readonly end: { readonly kind: "done" } | { readonly kind: "failed"; readonly reason: string } | undefined;
  /** What is wrong now. */
  readonly trouble: string | undefined;
  /** After how long the verdict changes by itself; undefined when only news can change it. */
  readonly dueMs: number | undefined;
}

/**
 * How a soak goes on; pure. What is bad for no longer than the grace is forgiven, and the soak does not end in the middle of it. What
 * is bad for longer ends it or has it begin anew; what was unknown for longer has it begin anew, as nobody can say that it was good.
 */
export function judgeSoak(
  state: SoakState,
  {
    findings,
    nowMs,
    timing,
  }: { readonly findings: readonly SoakFinding[]; readonly nowMs: number; readonly timing: SoakTiming },
): SoakVerdict {
  const bad = findings.find((finding) => finding.kind === "bad");
  const trouble = bad ?? findings.find((finding) => finding.kind === "away");
  return trouble === undefined
    ? judgeGood(state, nowMs, timing)
    : judgeTrouble(state, { reason: trouble.reason, isBad: bad !== undefined, nowMs, timing });
}

function judgeGood(before: SoakState, nowMs: number, timing: SoakTiming): SoakVerdict {
  const wasLong = before.troubleMs !== undefined && nowMs - before.troubleMs > timing.graceMs;
  const isAnew = before.sinceMs === undefined || wasLong;
  const sinceMs = isAnew ? nowMs : (before.sinceMs ?? nowMs);
  // Counted when the grace was over, where that was seen.
  const restarts = before.restarts + (wasLong && before.sinceMs !== undefined ? 1 : 0);
  const state = { sinceMs, troubleMs: undefined, isBad: false, restarts };
  const leftMs = sinceMs + timing.forMs - nowMs;
  return { state, end: leftMs <= 0 ? { kind: "done" } : undefined, trouble: undefined, dueMs: Math.max(0, leftMs) };
}

function judgeTrouble(
  before: SoakState,
  now: { readonly reason: string; readonly isBad: boolean; readonly nowMs: number; readonly timing: SoakTiming },
): SoakVerdict {
  const { reason, nowMs, timing } = now;
  // What was unknown becomes bad from now on: it may have been good until then.
  const isFirstBad = now.isBad && !before.isBad;
  const troubleMs = isFirstBad ? nowMs : (before.troubleMs ?? nowMs);
  const isBad = before.isBad || now.isBad;
  const leftMs = troubleMs + timing.graceMs - nowMs;
  const state = { ...before, troubleMs, isBad };
  if (leftMs > 0) return { state, end: undefined, trouble: reason, dueMs: leftMs };
  if (now.isBad && timing.onBad === "fail")
    return { state, end: { kind: "failed", reason }, trouble: reason, dueMs: undefined };
  const restarts = before.restarts + (before.sinceMs === undefined ? 0 : 1);
  return { state: { ...state, sinceMs: undefined, restarts }, end: undefined, trouble: reason, dueMs: undefined };
}
