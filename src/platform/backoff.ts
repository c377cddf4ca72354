export interface Backoff {
  /** Delay before the second try. */
  readonly firstMs: number;
  /** What each further delay is multiplied by. */
  readonly factor: number;
  readonly longestMs: number;
}

/** The delay before try number `tryNumber` (2 is the first repetition), without jitter. */
export function backoffMs(backoff: Backoff, tryNumber: number): number {
  return Math.min(backoff.longestMs, Math.round(backoff.firstMs * backoff.factor ** Math.max(0, tryNumber - 2)));
}

/** `delayMs` spread by up to `share` in both directions; `fraction` is from 0 to 1. Keeps many clients from coming back in step. */
export function withJitter(delayMs: number, fraction: number, share = 0.2): number {
  return Math.round(delayMs * (1 + (fraction * 2 - 1) * share));
}
