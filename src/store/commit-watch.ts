import type { Clock } from "../platform/clock.ts";
import type { LogTransaction, Passenger } from "./log-writer.ts";

/** Told of every commit that ended: how long it took, and whether it is on the disk. */
export type CommitListener = (durationMs: number, isOnDisk: boolean) => void;

// What failed once may have been mended; whether it was shows only when something is written.
const FAILING_FOR_MS = 30_000;

/** Rides on every commit and notes how it went. Has to be the first passenger, to see the whole of it. */
export class CommitWatch implements Passenger {
  readonly #clock: Clock;
  readonly #listeners: CommitListener[] = [];
  #begunAt: number | undefined;
  #failedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the newest commit failed, not long ago. */
  get isFailing(): boolean {
    return this.#failedAt !== undefined && this.#clock.monotonic() - this.#failedAt < FAILING_FOR_MS;
  }

  listen(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  write(_transaction: LogTransaction): void {
    this.#begunAt = this.#clock.monotonic();
  }

  ended(isOnDisk: boolean): void {
    const now = this.#clock.monotonic();
    // One that could not even begin has written nothing.
    const durationMs = now - (this.#begunAt ?? now);
    this.#begunAt = undefined;
    this.#failedAt = isOnDisk ? undefined : now;
    for (const listener of this.#listeners) listener(durationMs, isOnDisk);
  }
}
