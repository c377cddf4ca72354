import type { Clock, Timer } from "../platform/clock.ts";

// Git removes its lock and temporary files on SIGTERM; what still lives after this gets SIGKILL, all within a second.
const TERMINATION_GRACE_MS = 400;

/** Ends a process group on demand, politely first, and remembers why. */
export class ProcessEnd {
  readonly #clock: Clock;
  readonly #group: number | undefined;
  #demanded: { readonly reason: unknown } | undefined;
  #kill: Timer | undefined;

  constructor(clock: Clock, group: number | undefined) {
    this.#clock = clock;
    this.#group = group;
  }

  demand(reason: unknown): void {
    if (this.#demanded !== undefined) return;
    this.#demanded = { reason };
    this.#signal("SIGTERM");
    this.#kill = this.#clock.setTimer(TERMINATION_GRACE_MS, () => this.#signal("SIGKILL"));
  }

  throwIfDemanded(): void {
    if (this.#demanded !== undefined) throw this.#demanded.reason;
  }

  /** The first process is gone; whatever it left of its group goes too. */
  settle(): void {
    this.#kill?.cancel();
    this.#signal("SIGKILL");
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    if (this.#group === undefined) return;
    try {
      process.kill(-this.#group, name);
    } catch {
      // The group is gone already, which is what was wanted.
    }
  }
}
