import { type Clock, sleepOn, type Timer } from "../../../../src/platform/clock.ts";

// Between two calls to the disk there may be a turn of the event loop without any.
const QUIET_TURNS = 3;

/** Lets everything that is ready to run, run, and everything that is asked of the disk come to its end. */
export async function settleDisk(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await new Promise((resolve) => setImmediate(resolve));
    const isBusy = process.getActiveResourcesInfo().some((name) => name.endsWith("Req") || name.startsWith("FSReq"));
    quiet = isBusy ? 0 : quiet + 1;
  }
}

/** A clock that moves only when told to, and never while something is asked of the disk: real files take no simulated time. */
export class DiskClock implements Clock {
  #now = Date.UTC(2026, 0, 1, 10);
  #next = 1;
  readonly #timers = new Map<number, { at: number; action: () => void }>();

  now = (): number => this.#now;
  monotonic = (): number => this.#now;

  setTimer(delayMs: number, action: () => void): Timer {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(0, delayMs), action });
    return { cancel: () => void this.#timers.delete(id) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settleDisk();
    for (let due = this.#first(end); due !== undefined; due = this.#first(end)) {
      this.#timers.delete(due.id);
      this.#now = Math.max(this.#now, due.at);
      due.action();
      await settleDisk();
    }
    this.#now = end;
  }

  #first(end: number): { readonly id: number; readonly at: number; readonly action: () => void } | undefined {
    let first: { readonly id: number; readonly at: number; readonly action: () => void } | undefined;
    for (const [id, { at, action }] of this.#timers)
      if (at <= end && (first === undefined || at < first.at)) first = { id, at, action };
    return first;
  }
}
