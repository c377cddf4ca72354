import type { Schedule, Scheduled } from "../schedule.ts";

/** What the controller does, and when: nothing while it is away, and then what was due meanwhile, in its order. */
export class ControllerLine {
  readonly #schedule: Schedule;
  #absences = 0;
  #due: (() => void)[] = [];

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  later(delayMs: number, action: () => void): Scheduled {
    let isCancelled = false;
    const run = (): void => {
      if (!isCancelled) action();
    };
    const scheduled = this.#schedule.after(delayMs, () => {
      if (this.#absences > 0) this.#due.push(run);
      else run();
    });
    return {
      cancel: () => {
        isCancelled = true;
        scheduled.cancel();
      },
    };
  }

  leave(): void {
    this.#absences += 1;
  }

  /** Ends one absence; others may last on. */
  comeBack(): void {
    this.#absences -= 1;
    if (this.#absences > 0) return;
    const due = this.#due;
    this.#due = [];
    for (const action of due) action();
  }
}
