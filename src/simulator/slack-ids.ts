import type { Random } from "../platform/ids.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Makes identifiers that look like Slack's: a letter for the kind, then ten characters. */
export class SlackIds {
  readonly #random: Random;
  #invocations = 100_000;

  constructor(random: Random) {
    this.#random = random;
  }

  /** An id such as `C0A1B2C3D4E`; the prefix says what it names (T, C, G, D, U, B, A, S, V, F, Ev). */
  next(prefix: string): string {
    return prefix + Array.from(this.#random.bytes(10), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  }

  hex(bytes: number): string {
    return this.#random.bytes(bytes).toString("hex");
  }

  /** The block id that Slack makes up for a block that has none. */
  blockId(): string {
    return this.#random.bytes(4).toString("base64").slice(0, 5);
  }

  /** A trigger id in Slack's three parts, `123.456.abcdef`. */
  triggerId(atMs: number): string {
    this.#invocations += 1;
    return `${String(this.#invocations)}.${String(atMs)}.${this.hex(16)}`;
  }

  envelopeId(): string {
    const hex = this.hex(16);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random.fraction() * from.length)];
  }
}
