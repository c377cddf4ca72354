import type { RefusedDeliveries } from "../engine/question-answers.ts";
import type { Clock } from "../platform/clock.ts";

// More than anybody has configured; names that are configured no more go with the oldest.
const MOST_TRIGGERS = 1000;

/**
 * Counts the deliveries of each trigger that were refused, since the server started. In memory: whoever reaches the address could fill
 * the log otherwise.
 */
export class RefusalTally {
  readonly #clock: Pick<Clock, "now">;
  readonly #since: number;
  readonly #counts = new Map<string, { count: number; lastAt: number; why: string }>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** `why` is our own text. */
  note(trigger: string, why: string): void {
    const count = (this.#counts.get(trigger)?.count ?? 0) + 1;
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= MOST_TRIGGERS && count === 1 && oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(trigger, { count, lastAt: this.#clock.now(), why });
  }

  /** Undefined where none was. */
  of(trigger: string): RefusedDeliveries | undefined {
    const counted = this.#counts.get(trigger);
    return counted && { ...counted, since: this.#since };
  }
}
