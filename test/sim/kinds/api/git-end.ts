import type { RevisionAnswer } from "../../../../src/git/look-up-revision.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import type { FakeClock } from "../../../support/fake-clock.ts";
import { commitAnswer } from "../../../support/intake-rig.ts";
import type { Dice } from "../../dice.ts";

/** Git, which takes its time at times, or is away. */
export class GitEnd {
  isCalm = false;
  readonly #dice: Dice;
  readonly #clock: FakeClock;

  constructor(dice: Dice, clock: FakeClock) {
    this.#dice = dice;
    this.#clock = clock;
  }

  async resolve(text: string): Promise<RevisionAnswer> {
    const isAway = this.#dice.chance(0.12);
    const afterMs = this.#dice.pick([0, 0, 0, 2000, 14_000]);
    if (afterMs > 0 && !this.isCalm) await this.#clock.sleep(afterMs);
    if (isAway && !this.isCalm) throw new AppError("Git is away", { code: "git.unreachable", retry: "backoff" });
    if (text.startsWith("dead")) return { kind: "unknown", suggestions: [] };
    if (!text.startsWith("beef")) return commitAnswer(text);
    const candidates = [commitAnswer(`${text}1`), commitAnswer(`${text}2`)];
    return { kind: "ambiguous", candidates, count: candidates.length };
  }
}
