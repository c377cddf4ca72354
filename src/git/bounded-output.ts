import type { Readable } from "node:stream";

export interface OutputLimits {
  /** How many bytes are kept: all of them where no more may be written, otherwise the last ones, where programs say why they fail. */
  readonly mostKept: number;
  /** How many bytes may be written. */
  readonly mostWritten: number;
  /** Told once, at the first byte that is too many; nothing more is read then. */
  readonly onTooMuch: () => void;
}

/** What a program writes, in bounded memory. */
export class BoundedOutput {
  readonly #stream: Readable;
  readonly #limits: OutputLimits;
  #chunks: Buffer[] = [];
  #kept = 0;
  #written = 0;

  constructor(stream: Readable, limits: OutputLimits) {
    this.#stream = stream;
    this.#limits = limits;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    // How the program ended says what it was; the stream just ends with it.
    stream.on("error", () => undefined);
  }

  /** What was kept, once the stream has ended. */
  text(): string {
    const whole = Buffer.concat(this.#chunks);
    return whole.subarray(Math.max(0, whole.length - this.#limits.mostKept)).toString("utf8");
  }

  #take(chunk: Buffer): void {
    const { mostKept, mostWritten, onTooMuch } = this.#limits;
    this.#written += chunk.length;
    if (this.#written > mostWritten) {
      this.#chunks = [];
      this.#stream.destroy();
      onTooMuch();
      return;
    }
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    for (let [oldest] = this.#chunks; oldest !== undefined; [oldest] = this.#chunks) {
      if (this.#kept - oldest.length < mostKept) return;
      this.#chunks.shift();
      this.#kept -= oldest.length;
    }
  }
}
