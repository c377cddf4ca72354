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
  /** Since when within that it is known to be bad. */
  readonly badMs: number | undefined;
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
 * How a soak goes on; pure. What is bad or unknown for no longer than the grace is forgiven, and the soak does not end in the middle of
 * it. What is bad for longer ends it or has it begin anew; what was unknown for longer, or unknown and then bad, has it begin anew, as
 * nobody can say that it was good.
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
  const state = { sinceMs, troubleMs: undefined, badMs: undefined, restarts };
  const leftMs = sinceMs + timing.forMs - nowMs;
  return { state, end: leftMs <= 0 ? { kind: "done" } : undefined, trouble: undefined, dueMs: Math.max(0, leftMs) };
}

function judgeTrouble(
  before: SoakState,
  now: { readonly reason: string; readonly isBad: boolean; readonly nowMs: number; readonly timing: SoakTiming },
): SoakVerdict {
  const { reason, nowMs, timing } = now;
  const troubleMs = before.troubleMs ?? nowMs;
  // What was unknown becomes bad from now on: it may have been good until then.
  const badMs = before.badMs ?? (now.isBad ? nowMs : undefined);
  const failsMs = now.isBad && timing.onBad === "fail" && badMs !== undefined ? badMs + timing.graceMs : undefined;
  const state = { ...before, troubleMs, badMs };
  const trouble = reason;
  if (failsMs !== undefined && failsMs <= nowMs)
    return { state, end: { kind: "failed", reason }, trouble, dueMs: undefined };
  const leftMs = troubleMs + timing.graceMs - nowMs;
  if (leftMs > 0) return { state, end: undefined, trouble, dueMs: leftMs };
  const restarts = before.restarts + (before.sinceMs === undefined ? 0 : 1);
  const dueMs = failsMs === undefined ? undefined : failsMs - nowMs;
  return { state: { ...state, sinceMs: undefined, restarts }, end: undefined, trouble, dueMs };
}
