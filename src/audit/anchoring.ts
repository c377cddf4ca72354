import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { AnchorKey } from "./anchor-key.ts";
import { AnchorLane } from "./anchor-lane.ts";
import type { AnchorLog } from "./anchor-log.ts";
import type { AnchorTarget } from "./anchor-target.ts";
import { type SignedHead, signHead } from "./signed-head.ts";

/** When the log is to be anchored: at the latest so long after something happened, and earlier once so much has. */
export interface AnchorRhythm {
  readonly everyMs: number;
  readonly events?: number | undefined;
}

export interface AnchoringDeps {
  readonly log: AnchorLog;
  readonly key: AnchorKey;
  readonly targets: readonly AnchorTarget[];
  readonly rhythm: AnchorRhythm;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How one target stands, for those who watch the server. */
export interface AnchorStanding {
  readonly name: string;
  /** Milliseconds since the newest anchor was put there; undefined before the first. */
  readonly ageMs: number | undefined;
  /** Whether the newest try did not succeed. */
  readonly isFailing: boolean;
  /** For how long the target lacks what it should have by now; 0 when it lacks nothing. */
  readonly lateMs: number;
}

// Often enough for any rhythm, and it costs a query.
const LOOK_MS = 10_000;
// The end of the server does not wait longer for what does not answer.
const LAST_MS = 4000;

/**
 * Signs the newest event of the log from time to time and at the end, and brings what was signed to where nobody who can write to the
 * log can take it back. Nothing that fails here stops anything else. Where nothing has happened there is nothing to anchor.
 */
export class Anchoring implements AsyncDisposable {
  readonly #deps: AnchoringDeps;
  readonly #lanes: readonly AnchorLane[];
  #signed: { readonly sequence: number; readonly at: number } | undefined;
  /** Since when something waits to be signed, by the clock that never goes back. */
  #newsSince: number | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: AnchoringDeps) {
    const { log, targets, clock } = deps;
    const { signed, written } = log.known();
    this.#deps = deps;
    this.#lanes = targets.map((target) => new AnchorLane({ ...deps, target }, written.get(target.address)));
    if (signed === undefined) return;
    const ageMs = Math.max(0, clock.now() - signed.at);
    this.#signed = { sequence: signed.sequence, at: clock.monotonic() - ageMs };
  }

  /** From here on the log is anchored. */
  start(): void {
    const { signed } = this.#deps.log.known();
    // What was signed before a crash may not have come everywhere.
    const lacking = this.#lanes.filter(({ newest }) => newest?.sequence !== signed?.sequence);
    if (signed !== undefined) for (const lane of lacking) lane.offer(signed);
    this.#plan();
  }

  /** How each target stands. */
  standings(): readonly AnchorStanding[] {
    const now = this.#deps.clock.now();
    return this.#lanes.map((lane) => ({
      name: lane.target.name,
      ageMs: lane.newest && Math.max(0, now - lane.newest.at),
      isFailing: lane.isFailing,
      lateMs: this.#lateMs(lane),
    }));
  }

  /** Anchors what is not yet, as far as that goes quickly. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock, logger } = this.#deps;
    this.#isClosed = true;
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    const end = Promise.withResolvers<"late">();
    const timer = clock.setTimer(LAST_MS, () => end.resolve("late"));
    const isLate = (await Promise.race([this.#last(), end.promise])) === "late";
    timer.cancel();
    for (const lane of this.#lanes) lane.close();
    if (isLate) logger.warn("the end of the log could not be anchored everywhere; the next start does it");
  }

  #plan(): void {
    this.#timer = this.#deps.clock.setTimer(LOOK_MS, () => {
      this.#looking = this.#look();
      void this.#looking.finally(() => (this.#isClosed ? undefined : this.#plan()));
    });
  }

  async #last(): Promise<void> {
    await this.#looking;
    if (this.#hasNews()) await this.#sign();
    await Promise.all(this.#lanes.map((lane) => lane.lastTry()));
  }

  async #look(): Promise<void> {
    if (this.#isDue()) await this.#sign();
  }

  #isDue(): boolean {
    const { log, rhythm, clock } = this.#deps;
    if (!this.#hasNews()) return false;
    if (log.newestSequence - (this.#signed?.sequence ?? 0) >= (rhythm.events ?? Infinity)) return true;
    return this.#signed === undefined || clock.monotonic() - this.#signed.at >= rhythm.everyMs;
  }

  #hasNews(): boolean {
    const isNews = this.#deps.log.hasNewsAfter(this.#signed?.sequence ?? 0);
    if (isNews) this.#newsSince ??= this.#deps.clock.monotonic();
    return isNews;
  }

  async #sign(): Promise<void> {
    const { log, key, clock, logger } = this.#deps;
    let signed: SignedHead | undefined;
    try {
      signed = await log.sign((head) => signHead({ ...head, at: clock.now() }, key));
    } catch (error) {
      // As much as any other append that fails; the next look tries again.
      logger.warn("the head of the log could not be signed", { error: errorText(error) });
      return;
    }
    if (signed === undefined) return;
    this.#signed = { sequence: signed.sequence, at: clock.monotonic() };
    this.#newsSince = undefined;
    for (const lane of this.#lanes) lane.offer(signed);
  }

  #lateMs(lane: AnchorLane): number {
    const { clock, rhythm } = this.#deps;
    const now = clock.monotonic();
    const unsignedMs = this.#newsSince === undefined ? 0 : now - this.#newsSince - rhythm.everyMs;
    const unwrittenMs = lane.behindSince === undefined ? 0 : now - lane.behindSince;
    return Math.max(0, Math.max(unsignedMs, unwrittenMs) - LOOK_MS);
  }
}
