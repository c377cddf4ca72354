import type { Clock, Timer } from "../../src/platform/clock.ts";
import { sleepOn, systemClock } from "../../src/platform/clock.ts";

interface Pending {
  readonly dueAt: number;
  readonly action: () => void;
  timer: Timer;
}

/** The machine's own clock, which a test may push forward: waits of minutes then take a moment, and nothing else is different. */
export class SkippingClock implements Clock {
  #aheadMs = 0;
  readonly #pending = new Set<Pending>();

  now = (): number => systemClock.now() + this.#aheadMs;
  monotonic = (): number => systemClock.monotonic() + this.#aheadMs;

  setTimer(delayMs: number, action: () => void): Timer {
    const pending: Pending = { dueAt: this.monotonic() + delayMs, action, timer: { cancel: () => undefined } };
    this.#pending.add(pending);
    this.#arm(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        pending.timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** So much time has passed at once. What came due by it runs soon after, in order. */
  skip(durationMs: number): void {
    this.#aheadMs += durationMs;
    for (const pending of [...this.#pending].toSorted((left, right) => left.dueAt - right.dueAt)) {
      pending.timer.cancel();
      this.#arm(pending);
    }
  }

  #arm(pending: Pending): void {
    pending.timer = systemClock.setTimer(pending.dueAt - this.monotonic(), () => {
      this.#pending.delete(pending);
      pending.action();
    });
  }
}
