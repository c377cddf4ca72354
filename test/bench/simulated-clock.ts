import { setImmediate as turn } from "node:timers/promises";

import { type Clock, sleepOn, type Timer } from "../../src/platform/clock.ts";

// A commit, and what follows from it, take a few turns of the event loop.
const TURNS = 4;

/** Time in which nothing takes any, but what is waited for: it stands still while calls that really go out are under way. */
export class SimulatedClock implements Clock {
  #nowMs = 0;
  #next = 1;
  #callsUnderWay = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly action: () => void }>();

  now = (): number => Date.UTC(2026, 0, 1, 10) + this.#nowMs;
  monotonic = (): number => this.#nowMs;

  setTimer(delayMs: number, action: () => void): Timer {
    const id = this.#next;
    this.#next += 1;
    this.#timers.set(id, { at: this.#nowMs + Math.max(0, delayMs), action });
    return { cancel: () => void this.#timers.delete(id) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Time stands still until the call has ended. */
  async standStillFor<Result>(call: Promise<Result>): Promise<Result> {
    this.#callsUnderWay += 1;
    try {
      return await call;
    } finally {
      this.#callsUnderWay -= 1;
    }
  }

  /** Lets so much time pass, or less when `isOver` says so. */
  async pass(durationMs: number, isOver: () => boolean = () => false): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await this.#settle();
      const due = this.#earliest(endMs);
      if (due === undefined || isOver()) break;
      this.#timers.delete(due.id);
      this.#nowMs = Math.max(this.#nowMs, due.at);
      due.action();
    }
    if (!isOver()) this.#nowMs = endMs;
  }

  #earliest(endMs: number): { readonly id: number; readonly at: number; readonly action: () => void } | undefined {
    let earliest: { id: number; at: number; action: () => void } | undefined;
    for (const [id, { at, action }] of this.#timers) {
      if (at <= endMs && at < (earliest?.at ?? Infinity)) earliest = { id, at, action };
    }
    return earliest;
  }

  async #settle(): Promise<void> {
    for (let turns = 0; turns < TURNS || this.#callsUnderWay > 0; turns += 1) await turn();
  }
}
