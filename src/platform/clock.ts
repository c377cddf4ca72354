/** A timer that has been set; `cancel` may be called at any time and more than once. */
export interface Timer {
  cancel(): void;
}

/** The only source of time. Durations are milliseconds, moments are milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
  /** A moment that never goes back, for measuring how long something took; unrelated to `now`. */
  monotonic(): number;
  /** Calls `action` once, not earlier than `delayMs` from now. A pending timer does not keep the process alive. */
  setTimer(delayMs: number, action: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

// setTimeout fires at once for anything above 2^31 - 1 ms (24.8 days), and gates wait for months.
const LONGEST_TIMEOUT_MS = 2_000_000_000;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, action) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(leftMs, 0), LONGEST_TIMEOUT_MS);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : action()), stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/** What `sleep` of a clock is, by its timers. */
export function sleepOn(clock: Pick<Clock, "setTimer">, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = (): void => {
      timer.cancel();
      reject(abortReason(signal));
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error("aborted");
}

/** The moment as people and JSON write it: `2026-01-01T10:00:00.000Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Reads an RFC 3339 time such as Kubernetes writes; undefined when it is none. */
export function tryIsoTime(text: string): number | undefined {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}
