import { isJsonList, type Json } from "./canonical-json.ts";
import { AppError, errorMessage, errorText } from "./errors.ts";
import { NeedleIndex } from "./needle-index.ts";

const MASK = "«secret»";
// Shorter values would mask ordinary words; a secret that short is refused where secrets are read.
export const SHORTEST_SECRET = 8;

/**
 * Hides the values of known secrets in anything that is about to be stored, sent or shown: plain, URL-encoded, hexadecimal, in
 * base 64 wherever they stand in what was encoded, and as they are in JSON. It may be asked for every text that leaves the program.
 */
export class SecretMask {
  /** Longest first, so that nothing is left of one that begins like another. */
  #needles: readonly string[] = [];
  #index = new NeedleIndex([]);

  /** From now on `secret` is hidden everywhere. Values of fewer than 8 characters are ignored. */
  add(secret: string): void {
    if (secret.length < SHORTEST_SECRET || this.#needles.includes(secret)) return;
    const forms = formsOf(secret).filter(({ length }) => length >= SHORTEST_SECRET);
    this.#needles = [...new Set([...this.#needles, ...forms])].toSorted((left, right) => right.length - left.length);
    this.#index = new NeedleIndex(this.#needles);
  }

  text(text: string): string {
    if (!this.#index.isIn(text)) return text;
    let masked = text;
    for (const needle of this.#needles) masked = masked.replaceAll(needle, MASK);
    return masked;
  }

  /** The same value with every string in it masked, keys included. */
  json(value: Json): Json {
    if (typeof value === "string") return this.text(value);
    if (isJsonList(value)) return value.map((item) => this.json(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.text(key), this.json(member)]));
  }

  /** The same for what JSON can carry, members that are undefined apart; it is the value itself where nothing is to be hidden. */
  deep<Value>(value: Value): Value {
    const text = JSON.stringify(value) ?? "";
    return this.#index.isIn(text) ? JSON.parse(this.text(text)) : value;
  }

  /** What was thrown, with its message masked: the error itself where nothing is to be hidden. */
  error(thrown: unknown): unknown {
    if (!this.#index.isIn(errorText(thrown))) return thrown;
    const message = this.text(errorMessage(thrown));
    if (!(thrown instanceof AppError)) return new Error(message);
    const { code, retry, details } = thrown;
    return new AppError(message, { code, retry, details: this.deep(details) });
  }
}

function formsOf(secret: string): readonly string[] {
  const hex = Buffer.from(secret, "utf8").toString("hex");
  const url = encodeURIComponent(secret);
  const inBase64 = [0, 1, 2].flatMap((before) => [
    base64Within(secret, before, "base64"),
    base64Within(secret, before, "base64url"),
  ]);
  const alone = (["base64", "base64url"] as const).map((encoding) => Buffer.from(secret, "utf8").toString(encoding));
  const lower = url.replaceAll(/%[0-9A-F]{2}/gu, (code) => code.toLowerCase());
  return [secret, url, lower, JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...alone, ...inBase64];
}

/** What becomes of a secret that follows so many other bytes, without the digits that its neighbours have a part in. */
function base64Within(secret: string, before: number, encoding: "base64" | "base64url"): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret, "utf8")]);
  const digits = bytes.toString(encoding).replace(/=+$/u, "");
  const isWhole = bytes.length % 3 === 0;
  return digits.slice(before === 0 ? 0 : before + 1, isWhole ? undefined : -1);
}
