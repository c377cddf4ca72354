import type { Verdict } from "./verdict.ts";

// While the stream lives it brings the changes; a read of our own is only for the frame that was lost.
const MOVING_MS = 30_000;
const RESTING_MS = 120_000;
const STREAM_DOWN_MS = 5000;
const MOVING = new Set<Verdict["kind"]>(["pending", "running", "superseded", "settling"]);

/** How long after the last look an application that is waited for is to be read again, if nothing is heard of it before. */
export function lookAgainAfterMs(verdict: Verdict | undefined, streamIsUp: boolean): number {
  const recheckMs = verdict !== undefined && "recheckAfterMs" in verdict ? verdict.recheckAfterMs : undefined;
  return Math.min(recheckMs ?? Infinity, silenceMs(verdict, streamIsUp));
}

function silenceMs(verdict: Verdict | undefined, streamIsUp: boolean): number {
  if (!streamIsUp) return STREAM_DOWN_MS;
  return verdict === undefined || MOVING.has(verdict.kind) ? MOVING_MS : RESTING_MS;
}
