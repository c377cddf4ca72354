import { OutputTail } from "./output-tail.ts";

const MOST_BYTES = 8 * 1024 * 1024;
const LAST_LINES = 5;
// Views cut what is long, after secrets were hidden: what is cut before could be half of one.
const LONGEST_SHOWN = 4096;

/** What a program printed, line by line: the beginning and the end of it, in at most 16 MiB of memory. */
export class ProgramLog {
  readonly #head = new OutputTail(MOST_BYTES);
  readonly #tail = new OutputTail(MOST_BYTES);
  #headBytes = 0;
  #tailBytes = 0;
  #last: readonly string[] = [];

  add(line: string): void {
    if (line.trim() !== "") this.#last = [...this.#last.slice(1 - LAST_LINES), line.slice(0, LONGEST_SHOWN)];
    const bytes = Buffer.from(`${line}\n`);
    if (this.#tailBytes === 0 && this.#headBytes + bytes.length <= MOST_BYTES) {
      this.#headBytes += bytes.length;
      this.#head.add(bytes);
    } else {
      this.#tailBytes += bytes.length;
      this.#tail.add(bytes);
    }
  }

  get isEmpty(): boolean {
    return this.#headBytes + this.#tailBytes === 0;
  }

  /** The last lines that say something, each cut where it is long. */
  get lastLines(): readonly string[] {
    return this.#last;
  }

  /** All of it, with a line that says how much is missing where it is. */
  async *content(): AsyncIterable<Uint8Array> {
    yield Buffer.from(this.#head.text());
    const tail = Buffer.from(this.#tail.text());
    const missing = this.#tailBytes - tail.length;
    if (missing > 0) yield Buffer.from(`[${missing} bytes were left out here]\n`);
    yield tail;
  }
}
