import type { Clock, Timer } from "../../../../src/platform/clock.ts";

// Of real time: the files are real.
const LONGEST_LOOK_MS = 5000;

/** The clock of one who looks at files now and then: each look is begun by the world, and over before anything else happens. */
export class LookClock implements Clock {
  readonly #clock: Clock;
  #next: { readonly dueMs: number; readonly action: () => void } | undefined;
  #isStopped = false;
  /** On the monotonic clock. */
  lookedAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now = (): number => this.#clock.now();
  monotonic = (): number => this.#clock.monotonic();

  setTimer(delayMs: number, action: () => void): Timer {
    const next = { dueMs: this.monotonic() + delayMs, action };
    this.#next = next;
    this.lookedAtMs = this.monotonic();
    return {
      cancel: () => {
        if (this.#next === next) this.#next = undefined;
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(delayMs, signal);
  }

  /** When the next look is; never for whoever is gone. */
  get dueMs(): number {
    return this.#isStopped ? Infinity : (this.#next?.dueMs ?? Infinity);
  }

  /** Whoever never looks again is not waited for. */
  async look(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    next?.action();
    const end = performance.now() + LONGEST_LOOK_MS;
    while (this.#next === undefined && !this.#isStopped && performance.now() < end)
      await new Promise((resolve) => setImmediate(resolve));
  }

  stop(): void {
    this.#isStopped = true;
  }
}
