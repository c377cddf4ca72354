/** Limit of ours: what is longer than a line of any tool's report is cut. */
export const LONGEST_LINE_BYTES = 64 * 1024;

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Makes lines of bytes, whatever the pieces in which they come; a line is kept in memory up to 64 KiB, and what follows is left out. */
export class LineSplitter {
  readonly #take: (line: string) => void;
  #held: Buffer = EMPTY;
  #length = 0;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
      this.#hold(chunk.subarray(from, end));
      this.#give();
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#length > 0) this.#give();
  }

  #hold(piece: Buffer): void {
    const taken = piece.subarray(0, LONGEST_LINE_BYTES - this.#length);
    if (taken.length === 0) return;
    if (this.#held.length < this.#length + taken.length) {
      const size = Math.min(LONGEST_LINE_BYTES, Math.max(this.#length + taken.length, 2 * this.#held.length));
      const grown = Buffer.allocUnsafe(size);
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    taken.copy(this.#held, this.#length);
    this.#length += taken.length;
  }

  #give(): void {
    const isCarried = this.#length > 0 && this.#held[this.#length - 1] === CARRIAGE_RETURN;
    const line = this.#held.toString("utf8", 0, isCarried ? this.#length - 1 : this.#length);
    this.#length = 0;
    this.#take(line);
  }
}
