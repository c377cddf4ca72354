/** A value as it was at every moment. */
export class Timeline<Value> {
  readonly #first: Value;
  readonly #changes: { readonly at: number; readonly value: Value }[] = [];

  constructor(first: Value) {
    this.#first = first;
  }

  set(at: number, value: Value): void {
    this.#changes.push({ at, value });
  }

  get now(): Value {
    return this.at(Infinity);
  }

  at(time: number): Value {
    const change = this.#changes.findLast(({ at }) => at <= time);
    return change === undefined ? this.#first : change.value;
  }

  /** Everything that it was between two moments, both included. */
  within(from: number, to: number): readonly Value[] {
    return [this.at(from), ...this.#changes.flatMap(({ at, value }) => (at >= from && at <= to ? [value] : []))];
  }
}
