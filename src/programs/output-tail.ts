const FIRST_BYTES = 4096;
const LINE_END = 0x0a;

/** The end of what a program wrote, in memory of a fixed size however it was written. */
export class OutputTail {
  readonly #most: number;
  #ring = Buffer.alloc(0);
  #written = 0;

  /** `most` is how many bytes are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  get isCut(): boolean {
    return this.#written > this.#most;
  }

  add(chunk: Buffer): void {
    this.#grow(this.#written + chunk.length);
    const size = this.#ring.length;
    const kept = chunk.subarray(Math.max(0, chunk.length - size));
    const from = this.#written + chunk.length - kept.length;
    for (let done = 0; done < kept.length;) {
      const at = (from + done) % size;
      done += kept.copy(this.#ring, at, done);
    }
    this.#written += chunk.length;
  }

  /** What was kept. Of something longer it begins with a whole line, so that nothing in it is half a word. */
  text(): string {
    const size = this.#ring.length;
    if (!this.isCut) return this.#ring.toString("utf8", 0, this.#written);
    const start = size === 0 ? 0 : this.#written % size;
    const whole = Buffer.concat([this.#ring.subarray(start), this.#ring.subarray(0, start)]);
    const firstEnd = whole.indexOf(LINE_END);
    return whole.toString("utf8", firstEnd === -1 ? whole.length : firstEnd + 1);
  }

  /** Only until the first time around: the bytes stand where they stood. */
  #grow(wanted: number): void {
    const size = this.#ring.length;
    if (wanted <= size || size === this.#most) return;
    const grown = Buffer.alloc(Math.min(this.#most, Math.max(wanted, 2 * size, FIRST_BYTES)));
    this.#ring.copy(grown);
    this.#ring = grown;
  }
}
