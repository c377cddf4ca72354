import { type Clock, sleepOn, type Timer } from "../../../src/platform/clock.ts";
import type { Dice } from "../dice.ts";
import type { Life } from "../life.ts";
import type { Schedule, Scheduled } from "../schedule.ts";

interface Waiting {
  readonly isTimer: boolean;
  readonly action: () => void;
}

/**
 * How a process moves. Whatever reaches it, a message, an answer or a timer, comes through here: while it stands still it does
 * nothing, and then all of that at once.
 */
export class Pace {
  readonly #line: Schedule;
  readonly #life: Life;
  readonly #dice: Dice;
  #waiting: Waiting[] = [];
  #goesOn: Scheduled | undefined;
  #stoodStillSince = 0;
  #lastStop = { ms: 0, until: -Infinity };

  constructor(deps: { readonly line: Schedule; readonly life: Life; readonly dice: Dice }) {
    this.#line = deps.line;
    this.#life = deps.life;
    this.#dice = deps.dice;
  }

  get isStill(): boolean {
    return this.#goesOn !== undefined;
  }

  /** How long it stood still last, and until when (true time). */
  get lastStop(): { readonly ms: number; readonly until: number } {
    return this.#lastStop;
  }

  /** Now, or when it goes on; never when the process is dead. */
  reach(action: () => void, { isTimer = false }: { readonly isTimer?: boolean } = {}): void {
    if (this.#life.isDead) return;
    if (this.isStill) this.#waiting.push({ isTimer, action });
    else action();
  }

  /** Resolves when the process moves. */
  moving(): Promise<void> {
    return new Promise((resolve) => this.reach(resolve));
  }

  stall(ms: number): void {
    if (this.#goesOn === undefined) this.#stoodStillSince = this.#line.now();
    this.#goesOn?.cancel();
    this.#goesOn = this.#line.after(ms, () => this.#goOn());
  }

  /** The clock as a process that may stand still has it: it sees the time pass, and its timers come late. */
  clock(clock: Clock): Clock {
    const setTimer = (delayMs: number, action: () => void): Timer => {
      let isCancelled = false;
      const timer = clock.setTimer(delayMs, () => {
        this.reach(
          () => {
            if (!isCancelled) action();
          },
          { isTimer: true },
        );
      });
      return {
        cancel: () => {
          isCancelled = true;
          timer.cancel();
        },
      };
    };
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer,
      sleep: (delayMs, signal) => sleepOn({ setTimer }, delayMs, signal),
    };
  }

  #goOn(): void {
    const now = this.#line.now();
    this.#goesOn = undefined;
    this.#lastStop = { ms: now - this.#stoodStillSince, until: now };
    const waiting = this.#waiting;
    this.#waiting = [];
    // An event loop that goes on may come to its timers first or to what was received.
    const order = this.#dice.pick(["timers-first", "messages-first", "as-they-came"] as const);
    const first = waiting.filter(({ isTimer }) => order === "as-they-came" || isTimer === (order === "timers-first"));
    const last = waiting.filter((each) => !first.includes(each));
    for (const { action, isTimer } of [...first, ...last]) this.#line.after(0, () => this.reach(action, { isTimer }));
  }
}
