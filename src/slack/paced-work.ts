import type { Clock } from "../platform/clock.ts";

interface Deps {
  readonly clock: Clock;
  readonly work: () => void;
  /** The work takes at most one part in so many of the time. */
  readonly share: number;
}

/** Work that is asked for often and takes the longer the more there is: it is done once for all who ask meanwhile, and rests in between. */
export class PacedWork {
  readonly #deps: Deps;
  #isPlanned = false;
  #notBefore = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Has it done soon, never at once. */
  plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const { clock } = this.#deps;
    const run = (): void => {
      this.#isPlanned = false;
      this.#run();
    };
    const waitMs = this.#notBefore - clock.monotonic();
    if (waitMs <= 0) queueMicrotask(run);
    else clock.setTimer(waitMs, run);
  }

  #run(): void {
    const { clock, work, share } = this.#deps;
    const begunAt = clock.monotonic();
    work();
    const endedAt = clock.monotonic();
    this.#notBefore = endedAt + (endedAt - begunAt) * share;
  }
}
