import type { Dice } from "../../dice.ts";

interface Deps<State> {
  readonly dice: Dice;
  readonly from: number;
  /** How something is next. */
  readonly next: (dice: Dice) => State;
  /** For how long, in milliseconds. */
  readonly lasts: readonly [low: number, high: number];
}

/** How something is that changes by itself, at every moment of the true time. */
export class Phases<State> {
  readonly #deps: Deps<State>;
  readonly #spans: { readonly from: number; readonly state: State }[] = [];
  #until: number;
  #calm: { readonly from: number; readonly state: State } | undefined;

  constructor(deps: Deps<State>) {
    this.#deps = deps;
    this.#until = deps.from;
  }

  at(moment: number): State {
    return this.spanAt(moment).state;
  }

  /** Since when it is as it is, and until when; moments have to be asked for in their order. */
  spanAt(moment: number): { readonly from: number; readonly state: State; readonly until: number } {
    if (this.#calm !== undefined && moment >= this.#calm.from) return { ...this.#calm, until: Infinity };
    const { dice, next, lasts } = this.#deps;
    while (this.#until <= moment) {
      this.#spans.push({ from: this.#until, state: next(dice) });
      this.#until += dice.between(...lasts);
    }
    const last = this.#spans.at(-1);
    if (last === undefined) throw new RangeError("it was asked for before it began");
    return { ...last, until: this.#until };
  }

  /** From now on it is so, for ever. */
  calm(from: number, state: State): void {
    this.#calm ??= { from, state };
  }
}
