import { type Clock, sleepOn, type Timer } from "../../src/platform/clock.ts";
import type { Life } from "./life.ts";
import type { Schedule } from "./schedule.ts";

/** What the clock on the wall of a machine says, which people and programs set. */
export interface Wall {
  /** How far it is ahead of the true time, in milliseconds. */
  offsetMs: number;
}

/** The clock of one process: timers go by the true time, `now` by the wall, and both stop with the process. */
export class MachineClock implements Clock {
  readonly #line: Schedule;
  readonly #life: Life;
  readonly #wall: Wall;
  readonly #bootAt: number;

  constructor(deps: { readonly line: Schedule; readonly life: Life; readonly wall: Wall }) {
    this.#line = deps.line;
    this.#life = deps.life;
    this.#wall = deps.wall;
    this.#bootAt = deps.line.now();
  }

  now(): number {
    return Math.floor(this.#line.now() + this.#wall.offsetMs);
  }

  monotonic(): number {
    return this.#line.now() - this.#bootAt;
  }

  setTimer(delayMs: number, action: () => void): Timer {
    return this.#line.after(delayMs, () => {
      if (!this.#life.isDead) action();
    });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}
