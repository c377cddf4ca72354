import type { JsonMap } from "../platform/canonical-json.ts";

/** What came with a signal, as far as it can be read without knowing what the run takes. */
export type PairsReading =
  | { readonly kind: "read"; readonly payload: JsonMap }
  /** `part` is what is no pair. */
  | { readonly kind: "wrong"; readonly part: string };

// The name, then what stands in double quotes, in single ones, or without any.
const PAIR = /^(\p{L}\w{0,39})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']\S*)?)(?=\s|$)/u;

/** Reads `build=42 note="all green"`. A name that stands twice is wrong the second time. */
export function readPairs(text: string): PairsReading {
  const payload: Record<string, string> = {};
  for (let rest = text.trim(); rest !== "";) {
    const [pair, name, quoted, single, plain] = PAIR.exec(rest) ?? [];
    if (pair === undefined || name === undefined || Object.hasOwn(payload, name))
      return { kind: "wrong", part: /^\S{1,60}/u.exec(rest)?.[0] ?? "" };
    payload[name] = quoted?.replaceAll(/\\(.)/gu, "$1") ?? single ?? plain ?? "";
    rest = rest.slice(pair.length).trimStart();
  }
  return { kind: "read", payload };
}
