import type { Effect } from "../../../../src/domain/effect.ts";
import type { Outcome } from "../../../../src/domain/outcome.ts";
import type { Job } from "../../../../src/engine/ports.ts";
import type { IntakeRig } from "../../../support/intake-rig.ts";
import type { Dice } from "../../dice.ts";

const SECOND = 1000;
const DONE: Outcome = { status: "succeeded", output: {} };
const FAILED: Outcome = { status: "failed", failure: { code: "job.failed", message: "It failed.", retry: "never" } };
const STOPPED: Outcome = {
  status: "failed",
  failure: { code: "cancelled", message: "It was told to.", retry: "never" },
};

/** Whoever executes the steps: soon, late, not at all until told to stop, or deaf to that. */
export class JobBench {
  /** From then on everything is done at once. */
  isCalm = false;
  readonly #rig: IntakeRig;
  readonly #dice: Dice;
  #taken = 0;

  constructor(rig: IntakeRig, dice: Dice) {
    this.#rig = rig;
    this.#dice = dice;
    rig.onCancel = (effect) => this.#stop(effect);
  }

  /** Begins what was handed out since. */
  take(): void {
    const { jobs } = this.#rig;
    for (const job of jobs.slice(this.#taken)) this.#begin(job);
    this.#taken = jobs.length;
  }

  #begin(job: Job): void {
    const dice = this.#dice;
    const roll = dice.fraction();
    const afterMs = dice.pick([0, 2 * SECOND, 12 * SECOND, 60 * SECOND]);
    if (this.isCalm) this.#end(job, DONE, 0);
    else if (roll < 0.25) this.#end(job, DONE, afterMs);
    else if (roll < 0.5) this.#end(job, FAILED, afterMs);
    else this.#end(job, DONE, 300 * SECOND);
  }

  #stop({ run, path, attempt }: Effect): void {
    if (this.#dice.chance(0.15)) return;
    const job = this.#rig.jobs.findLast(
      ({ effect }) => effect.run === run && effect.path === path && effect.attempt === attempt,
    );
    if (job !== undefined) this.#end(job, STOPPED, this.#dice.pick([0, SECOND, 5 * SECOND]));
  }

  #end(job: Job, outcome: Outcome, afterMs: number): void {
    const { reports } = this.#rig.process;
    this.#rig.clock.setTimer(afterMs, () => {
      // Whoever handed it out is gone.
      if (this.#rig.process.reports === reports && !this.#rig.isDown) reports.outcome(job, outcome);
    });
  }
}
