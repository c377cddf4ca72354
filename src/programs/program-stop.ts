import type { Clock, Timer } from "../platform/clock.ts";
import { endMarked } from "./leftovers.ts";
import { canSeeProcesses } from "./marked-processes.ts";
import type { StopRule } from "./program-order.ts";
import { sendSignal } from "./send-signal.ts";

interface Deps {
  readonly clock: Clock;
  /** The number of the group, which is that of its first process; undefined for a program that could not be started. */
  readonly group: number | undefined;
  readonly rule: StopRule;
  /** What its processes have in their environment. */
  readonly mark: string;
}

const DEAD_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 10;

/** Ends a process group: on demand as its rule says, and in any case when its first process has ended. */
export class ProgramStop {
  readonly #deps: Deps;
  #kill: Timer | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Tells it to end, and kills what is left of it after the grace. */
  demand(): void {
    if (this.#kill !== undefined) return;
    const { clock, rule } = this.#deps;
    this.#send(rule.signal);
    this.#kill = clock.setTimer(rule.graceMs, () => void this.#send("SIGKILL"));
  }

  /**
   * The first process is gone; whatever it left goes too, in its group or, where it carries the mark, elsewhere. Resolves when all of
   * that has ended, or does not within a second.
   */
  async settle(): Promise<void> {
    this.#kill?.cancel();
    this.#send("SIGKILL");
    if (canSeeProcesses) return endMarked(this.#deps);
    const { clock } = this.#deps;
    const until = clock.monotonic() + DEAD_WITHIN_MS;
    while (this.#send("SIGKILL") && clock.monotonic() < until) await clock.sleep(LOOK_EVERY_MS);
  }

  #send(signal: NodeJS.Signals): boolean {
    const { group } = this.#deps;
    return group !== undefined && sendSignal(-group, signal);
  }
}
