import type { Clock } from "../platform/clock.ts";

// A request can be signed for five minutes from now and is good until five minutes after that.
const GOOD_FOR_MS = 10 * 60_000;
const MOST_KEPT = 50_000;

/**
 * Remembers what was accepted once for as long as it could be accepted again. At most 100,000 of them are kept: only what is
 * signed gets in here, and what Slack asks for twice is found by its own key, too.
 */
export class ReplayGuard {
  readonly #clock: Clock;
  #newer = new Set<string>();
  #older = new Set<string>();
  #begunMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begunMs = clock.monotonic();
  }

  /** True the first time. */
  accept(signature: string): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#begunMs >= GOOD_FOR_MS || this.#newer.size >= MOST_KEPT) {
      this.#older = this.#newer;
      this.#newer = new Set();
      this.#begunMs = now;
    }
    if (this.#newer.has(signature) || this.#older.has(signature)) return false;
    this.#newer.add(signature);
    return true;
  }
}
