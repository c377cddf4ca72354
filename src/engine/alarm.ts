import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { EventStore } from "./ports.ts";

interface Deps {
  readonly store: Pick<EventStore, "nextWake">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wakeDue: () => Promise<void>;
}

// The wall clock can be set while we sleep: a long sleep is cut into pieces, so that a gate is not late by more than this.
const LONGEST_SLEEP_MS = 60_000;
// What is due but could not be done, such as with a full disk, is tried again after this.
const TRY_AGAIN_MS = 5000;

/** Wakes runs at their deadlines. The moments are in the log's projection, so a restart forgets none; one timer serves all runs. */
export class Alarm implements Disposable {
  readonly #deps: Deps;
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Looks at the earliest moment in the log; to be called at the start. */
  arm(): void {
    this.expect(this.#deps.store.nextWake()?.at);
  }

  /** Takes note that a run has to be looked at by then. */
  expect(at: number | undefined): void {
    if (this.#isStopped || at === undefined || at >= this.#armedFor) return;
    this.#set(at, Math.min(Math.max(0, at - this.#deps.clock.now()), LONGEST_SLEEP_MS));
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #set(at: number, delayMs: number): void {
    this.#timer?.cancel();
    this.#armedFor = at;
    this.#timer = this.#deps.clock.setTimer(delayMs, () => void this.#ring());
  }

  async #ring(): Promise<void> {
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const { logger, wakeDue } = this.#deps;
    try {
      await wakeDue();
    } catch (error) {
      logger.error("what was due could not be recorded; it is tried again", { error: errorText(error) });
    }
    // The store may be closed by now.
    if (!this.#isStopped) this.#armAgain();
  }

  #armAgain(): void {
    const { clock, logger, store } = this.#deps;
    try {
      const next = store.nextWake();
      if (next !== undefined && next.at <= clock.now()) this.#set(next.at, TRY_AGAIN_MS);
      else this.arm();
    } catch (error) {
      logger.error("what is due next could not be read; it is tried again", { error: errorText(error) });
      this.#set(clock.now(), TRY_AGAIN_MS);
    }
  }
}
