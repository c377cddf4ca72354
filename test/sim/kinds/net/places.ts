import type { Dice } from "../../dice.ts";
import { Phases } from "./phases.ts";

/** Far ends by their paths, each of which comes and goes by luck of its own. */
export class Places<State extends string> {
  readonly #dice: Dice;
  readonly #from: number;
  readonly #states: readonly State[];
  readonly #good: State;
  readonly #known = new Map<string, Phases<State>>();
  #calmFrom: number | undefined;

  constructor(deps: {
    readonly dice: Dice;
    readonly from: number;
    readonly states: readonly State[];
    readonly good: State;
  }) {
    this.#dice = deps.dice;
    this.#from = deps.from;
    this.#states = deps.states;
    this.#good = deps.good;
  }

  get isCalm(): boolean {
    return this.#calmFrom !== undefined;
  }

  /** From then on all of them are good. */
  calm(from: number): void {
    this.#calmFrom = from;
    for (const phases of this.#known.values()) phases.calm(from, this.#good);
  }

  at(path: string, moment: number): State {
    return this.#phases(path).at(moment);
  }

  #phases(path: string): Phases<State> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const phases = new Phases<State>({
      dice: this.#dice.fork(path),
      from: this.#from,
      next: (dice) => dice.pick(dice.chance(0.4) ? [this.#good] : this.#states),
      lasts: [2000, 60_000],
    });
    if (this.#calmFrom !== undefined) phases.calm(this.#calmFrom, this.#good);
    this.#known.set(path, phases);
    return phases;
  }
}
