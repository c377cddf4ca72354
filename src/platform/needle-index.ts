const PIECE = 4;
const BUCKETS = 1 << 16;

/** Where a piece stands in a needle. */
interface Place {
  readonly needle: string;
  readonly at: number;
}

/**
 * Finds out quickly whether one of many needles is in a text. It looks at one piece of four characters in every so many: whatever
 * holds a needle holds one of the needle's first pieces at such a place. No needle may be shorter than four characters.
 */
export class NeedleIndex {
  /** From one place that is looked at to the next. */
  readonly #step: number;
  readonly #buckets = new Uint8Array(BUCKETS);
  readonly #places = new Map<string, Place[]>();

  constructor(needles: Iterable<string>) {
    const all = [...needles];
    this.#step = Math.min(...all.map(({ length }) => length)) - PIECE + 1;
    for (const needle of all) for (let at = 0; at < this.#step; at += 1) this.#add({ needle, at });
  }

  isIn(text: string): boolean {
    const step = this.#step;
    for (let at = 0; at + PIECE <= text.length; at += step) {
      if (this.#buckets[bucketOf(text, at)] === 1 && this.#isAt(text, at)) return true;
    }
    return false;
  }

  #isAt(text: string, at: number): boolean {
    const places = this.#places.get(text.slice(at, at + PIECE)) ?? [];
    return places.some((place) => place.at <= at && text.startsWith(place.needle, at - place.at));
  }

  #add(place: Place): void {
    const piece = place.needle.slice(place.at, place.at + PIECE);
    this.#places.set(piece, [...(this.#places.get(piece) ?? []), place]);
    this.#buckets[bucketOf(piece, 0)] = 1;
  }
}

function bucketOf(text: string, at: number): number {
  const low = text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 5);
  const high = (text.charCodeAt(at + 2) << 10) ^ (text.charCodeAt(at + 3) << 15);
  return Math.imul(low ^ high, 0x9e_37_79_b1) >>> 16;
}
