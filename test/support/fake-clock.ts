import { type Clock, sleepOn, type Timer } from "../../src/platform/clock.ts";

/** A clock that moves only when told to. `advance` runs the timers that come due, in order, letting promises settle in between. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #next = 1;
  readonly #timers = new Map<number, { at: number; action: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1, 10)) {
    this.#now = now;
  }

  now = (): number => this.#now;
  monotonic = (): number => this.#monotonic;

  setTimer(delayMs: number, action: () => void): Timer {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#monotonic + Math.max(0, delayMs), action });
    return { cancel: () => void this.#timers.delete(id) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves wall time alone, as when someone sets the machine's clock. */
  step(deltaMs: number): void {
    this.#now += deltaMs;
  }

  async advance(durationMs: number): Promise<void> {
    const end = this.#monotonic + durationMs;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).toSorted(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now += Math.max(0, timer.at - this.#monotonic);
      this.#monotonic = Math.max(this.#monotonic, timer.at);
      timer.action();
      await settle();
    }
    this.#now += end - this.#monotonic;
    this.#monotonic = end;
    await settle();
  }
}

/** Lets everything that is ready to run, run: microtasks and one turn of the event loop, a few times over. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
