import { isJsonList, type Json } from "./canonical-json.ts";

const MASK = "«secret»";
// Shorter values would mask ordinary words; a secret that short is refused where secrets are read.
export const SHORTEST_SECRET = 8;

/** Hides the values of known secrets, plain, in base 64 and URL-encoded, in anything that is about to be stored or shown. */
export class SecretMask {
  readonly #needles = new Set<string>();

  /** From now on `secret` is hidden everywhere. Values of fewer than 8 characters are ignored. */
  add(secret: string): void {
    if (secret.length < SHORTEST_SECRET) return;
    const bytes = Buffer.from(secret, "utf8");
    this.#needles.add(secret);
    this.#needles.add(encodeURIComponent(secret));
    this.#needles.add(JSON.stringify(secret).slice(1, -1));
    this.#needles.add(bytes.toString("hex"));
    for (const encoding of ["base64", "base64url"] as const)
      this.#needles.add(bytes.toString(encoding).replace(/=+$/u, ""));
  }

  text(text: string): string {
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
}
