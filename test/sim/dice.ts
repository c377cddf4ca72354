import { seededFractions } from "../support/seeded-fractions.ts";

/** Seeded luck: the same seed and name give the same throws, whatever other dice are thrown. */
export class Dice {
  /** The next throw, from 0 (included) to 1 (excluded). */
  readonly fraction: () => number;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    this.fraction = seededFractions(hashOf(seed));
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Throws when the list is empty. */
  pick<Item>(list: readonly Item[]): Item {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.below(16).toString(16)).join("");
  }

  /** Dice of their own for one purpose. */
  fork(name: string): Dice {
    return new Dice(`${this.#seed}/${name}`);
  }
}

/** FNV-1a, mixed once more so that seeds that differ in one digit have nothing in common. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) | 0;
}
