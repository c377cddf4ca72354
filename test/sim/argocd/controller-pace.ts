import type { Dice } from "../dice.ts";
import type { App } from "./application-state.ts";

/**
 * How soon the controller does what it has to do. One that is overloaded compares late after an operation, and until then does not
 * see either what has become of the pods: what an application shows is from before. Once it has compared, it is prompt.
 */
export class ControllerPace {
  readonly #dice: Dice;
  readonly isOverloaded: boolean;

  /** Where nothing is said, the dice decide whether it is overloaded. */
  constructor(dice: Dice, isOverloaded = dice.chance(0.2)) {
    this.#dice = dice;
    this.isOverloaded = isOverloaded;
  }

  /** From the end of an operation to the comparison after it. */
  afterOperationMs(): number {
    const luck = this.#dice.fraction();
    if (this.isOverloaded) return this.#dice.between(2000, 30_000);
    if (luck < 0.6) return this.#dice.between(15, 80);
    return luck < 0.9 ? this.#dice.between(80, 1500) : this.#dice.between(1500, 5000);
  }

  /** From the request of a comparison to its beginning. */
  untilComparedMs(): number {
    return this.isOverloaded ? this.#dice.between(100, 4000) : this.#dice.between(5, 40);
  }

  /** How long a comparison takes. */
  comparisonMs(): number {
    return this.#dice.chance(0.95) ? this.#dice.between(15, 120) : this.#dice.between(400, 2000);
  }

  /** From a change in the cluster to when the application shows it. */
  untilSeenMs(app: App): number {
    if (this.isOverloaded && !isCompared(app)) return this.#dice.between(2000, 30_000);
    return this.#dice.chance(0.8) ? this.#dice.between(10, 120) : this.#dice.between(120, 700);
  }

  /** Whether the timer has a comparison begin while an operation is under way, and how long after that began. */
  comparisonMeanwhileMs(): number | undefined {
    return this.#dice.chance(this.isOverloaded ? 0.6 : 0.25) ? this.#dice.between(0, 400) : undefined;
  }
}

/** Whether the application was compared after its last operation. */
function isCompared({ state, operation, reconciledAt }: App): boolean {
  if (operation !== undefined) return false;
  return state?.finishedAt === undefined || (reconciledAt ?? 0) >= state.finishedAt;
}
