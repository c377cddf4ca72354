import type { FakeClock } from "../../../support/fake-clock.ts";

export type Trouble = "disk" | "team" | "server";

/** A stretch of the monotonic clock; without an end while it lasts. */
interface Stretch {
  readonly what: Trouble;
  readonly fromMs: number;
  toMs: number;
}

/** When what was not as it should be: the disk refused, nobody knew yet which workspace it is, the server was away. */
export class Troubles {
  readonly #clock: FakeClock;
  readonly #stretches: Stretch[] = [];
  changedAtMs = -Infinity;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  note(what: Trouble, isThere: boolean): void {
    const now = this.#clock.monotonic();
    const last = this.#stretches.findLast((stretch) => stretch.what === what && stretch.toMs === Infinity);
    if ((last !== undefined) === isThere) return;
    this.changedAtMs = now;
    if (last !== undefined) last.toMs = now;
    else this.#stretches.push({ what, fromMs: now, toMs: Infinity });
  }

  died(): void {
    this.note("server", true);
  }

  started(): void {
    this.note("server", false);
  }

  /** Whether there was any of these between these moments, both included. */
  within(fromMs: number, toMs: number, whats: readonly Trouble[]): boolean {
    return this.#stretches.some((each) => whats.includes(each.what) && each.fromMs <= toMs && each.toMs >= fromMs);
  }
}
