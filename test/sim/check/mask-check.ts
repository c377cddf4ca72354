import type { Report } from "./violation.ts";

const SHORTEST = 7;

/** Looks for secrets in everything that leaves the program or stays, plain and in the ways in which programs write them. */
export class MaskCheck {
  readonly #report: Report;
  readonly #needles: readonly { readonly text: string; readonly how: string }[];

  constructor(deps: { readonly canaries: readonly string[]; readonly report: Report }) {
    this.#report = deps.report;
    // Looking for what all of them have in common is as good, and one search instead of many.
    const shared = commonPart(deps.canaries);
    const texts = shared.length >= SHORTEST ? [shared] : deps.canaries;
    const all = texts.flatMap((text) => needlesOf(text));
    this.#needles = all.filter(({ text }, index) => all.findIndex((other) => other.text === text) === index);
  }

  /** `where` is asked for only when something is found. */
  look(text: string, where: () => string): void {
    for (const needle of this.#needles) {
      if (!text.includes(needle.text)) continue;
      const what = `A secret stands in ${where()} (${needle.how}).`;
      this.#report({ check: "masks", what, proof: [text.slice(0, 300)] });
      return;
    }
  }
}

function needlesOf(secret: string): readonly { readonly text: string; readonly how: string }[] {
  const hex = Buffer.from(secret).toString("hex");
  const reversed = Array.from(secret).toReversed().join("");
  const url = encodeURIComponent(secret);
  return [
    { text: secret, how: "plain" },
    { text: reversed, how: "backwards" },
    { text: hex, how: "hexadecimal" },
    { text: Array.from(hex).toReversed().join(""), how: "hexadecimal backwards" },
    { text: hex.toUpperCase(), how: "hexadecimal" },
    ...(url === secret ? [] : [{ text: url, how: "as in an address" }]),
    ...[0, 1, 2].map((offset) => ({ text: base64At(secret, offset), how: "base64" })),
  ];
}

/** What base64 makes of it, wherever it stands in a longer text: without the digits that its neighbours have a part in. */
function base64At(secret: string, offset: number): string {
  const text = Buffer.from("-".repeat(offset) + secret)
    .toString("base64")
    .replace(/[=]+$/u, "");
  const isWhole = (offset + Buffer.byteLength(secret)) % 3 === 0;
  const first = offset === 0 ? 0 : offset + 1;
  return text.slice(first, isWhole ? undefined : -1);
}

/** The longest text that stands in all of them. */
function commonPart(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  if (others.length === 0) return "";
  for (let length = first.length; length >= SHORTEST; length -= 1) {
    for (let start = 0; start + length <= first.length; start += 1) {
      const part = first.slice(start, start + length);
      if (others.every((other) => other.includes(part))) return part;
    }
  }
  return "";
}
