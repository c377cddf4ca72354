import { type Backoff, backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { AnchorLog } from "./anchor-log.ts";
import type { AnchorTarget } from "./anchor-target.ts";
import type { SignedHead } from "./signed-head.ts";

export interface AnchorLaneDeps {
  readonly target: AnchorTarget;
  readonly log: Pick<AnchorLog, "noteWritten">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The newest head that stands in a target, and when it was put there. */
export interface WrittenHead {
  readonly sequence: number;
  readonly at: number;
}

const BACKOFF: Backoff = { firstMs: 15_000, factor: 2, longestMs: 600_000 };

/** Brings signed heads into one target, one at a time and always the newest; one that cannot be put there is tried again. */
export class AnchorLane {
  readonly #deps: AnchorLaneDeps;
  readonly #closing = new AbortController();
  #newest: WrittenHead | undefined;
  #wanted: SignedHead | undefined;
  #behindSince: number | undefined;
  #failures = 0;
  #again: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(deps: AnchorLaneDeps, newest: WrittenHead | undefined) {
    this.#deps = deps;
    this.#newest = newest;
  }

  get target(): AnchorTarget {
    return this.#deps.target;
  }

  get newest(): WrittenHead | undefined {
    return this.#newest;
  }

  /** Whether the newest try did not succeed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Since when the target lacks a head that it should have, by the clock that never goes back. */
  get behindSince(): number | undefined {
    return this.#behindSince;
  }

  /** From now on this head should stand in the target. Returns at once. */
  offer(head: SignedHead): void {
    this.#wanted = head;
    this.#behindSince ??= this.#deps.clock.monotonic();
    if (this.#again === undefined) this.#start();
  }

  /** Tries what is wanted once more, if need be, and resolves when that has ended; never rejects. */
  async lastTry(): Promise<void> {
    this.#again?.cancel();
    this.#start();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Stops trying; what is under way is cut off. */
  close(): void {
    this.#wanted = undefined;
    this.#again?.cancel();
    this.#closing.abort(new Error("the server is ending"));
  }

  #start(): void {
    this.#again = undefined;
    const head = this.#wanted;
    if (head === undefined || this.#writing !== undefined || this.#closing.signal.aborted) return;
    this.#wanted = undefined;
    this.#writing = this.#write(head).finally(() => {
      this.#writing = undefined;
      if (this.#again === undefined) this.#start();
    });
  }

  async #write(head: SignedHead): Promise<void> {
    const { target, log, clock, logger } = this.#deps;
    try {
      const place = await target.write(head, this.#closing.signal);
      const at = clock.now();
      await log.noteWritten({ target: target.address, sequence: head.sequence, place }, at);
      if (this.#failures > 0) logger.info("the log is anchored again", { target: target.name });
      this.#newest = { sequence: head.sequence, at };
      this.#failures = 0;
      this.#behindSince = this.#wanted && clock.monotonic();
    } catch (error) {
      this.#failed(head, error);
    }
  }

  #failed(head: SignedHead, error: unknown): void {
    const { target, clock, random, logger } = this.#deps;
    // A newer one covers everything that this one does.
    this.#wanted ??= head;
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    const againMs = withJitter(backoffMs(BACKOFF, this.#failures + 1), random.fraction());
    this.#again = clock.setTimer(againMs, () => this.#start());
    const { address } = target;
    logger.warn("the log could not be anchored", { target: target.name, address, error: errorText(error), againMs });
  }
}
