/** Where a secret was found, and how it was written there. */
export interface Leak {
  readonly sink: string;
  readonly secret: string;
  readonly how: string;
}

/**
 * Secrets that nobody must ever see again, and the places in which they could turn up. A sink that was named and not looked at is as
 * bad as one that leaks.
 */
export class Canaries {
  readonly leaks: Leak[] = [];
  readonly #needles: readonly { readonly secret: string; readonly how: string; readonly text: string }[];
  readonly #unseen: Set<string>;

  constructor({
    secrets,
    sinks,
  }: {
    readonly secrets: Readonly<Record<string, string>>;
    readonly sinks: readonly string[];
  }) {
    this.#needles = Object.entries(secrets).flatMap(([name, value]) =>
      Object.entries(formsOf(value)).map(([how, text]) => ({ secret: name, how, text })),
    );
    this.#unseen = new Set(sinks);
  }

  /** Looks at everything that came out of a sink, its pieces put together. Throws for one that was not named, or is empty. */
  look(sink: string, pieces: readonly (string | Buffer)[]): void {
    if (!this.#unseen.delete(sink)) throw new Error(`${sink} is not among the sinks`);
    // Bytes one to one, so that files are searched whatever they hold.
    const text = Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString("latin1");
    if (text.length === 0) throw new Error(`nothing came out of ${sink}, so that it was not looked at`);
    for (const { secret, how, text: needle } of this.#needles) {
      if (text.includes(needle)) this.leaks.push({ sink, secret, how });
    }
  }

  /** The sinks that nobody has looked at. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }
}

function formsOf(secret: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const backwards = Array.from(secret).toReversed().join("");
  return {
    plain: secret,
    "in an address": encodeURIComponent(secret),
    "in JSON": JSON.stringify(secret).slice(1, -1),
    "in JSON in JSON": JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    hexadecimal: hex,
    "large hexadecimal": hex.toUpperCase(),
    backwards,
    "hexadecimal backwards": Buffer.from(backwards).toString("hex"),
    "half of it": secret.slice(0, Math.ceil(secret.length / 2)).padEnd(12, secret),
    ...Object.fromEntries([0, 1, 2].map((before) => [`base 64 after ${before}`, within(bytes, before, "base64")])),
    ...Object.fromEntries(
      [0, 1, 2].map((before) => [`base 64 url after ${before}`, within(bytes, before, "base64url")]),
    ),
  };
}

/** Without the digits that its neighbours have a part in. */
function within(secret: Buffer, before: number, encoding: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(before), secret])
    .toString(encoding)
    .replace(/=+$/u, "");
  return text.slice(before === 0 ? 0 : before + 1, -1);
}
