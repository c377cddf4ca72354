import { createHash } from "node:crypto";

/** A value that JSON can carry unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonMap = Readonly<Record<string, Json>>;

export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isJsonMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The one text of a JSON value: keys sorted by code unit, no white space, `undefined` members left out.
 * Two values are the same content exactly when their canonical texts are equal, so this is what gets hashed.
 * Throws a TypeError for what JSON cannot carry (functions, bigint, NaN, infinities).
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return scalarText(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  // Every event is written through here, so this is a loop and not a chain of copies.
  const members: { readonly [key: string]: unknown } = Object(value);
  let text = "";
  for (const key of sorted(Object.keys(members))) {
    const member = members[key];
    if (member !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

// Most objects have few members, for which this takes a fraction of the time of a general sort.
const FEW = 12;

/** Sorts `keys` themselves when they are few. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > FEW) return keys.toSorted();
  for (let end = 1; end < keys.length; end += 1) {
    const key = keys[end] ?? "";
    let place = end;
    for (let before = keys[place - 1] ?? ""; place > 0 && before > key; before = keys[place - 1] ?? "") {
      keys[place] = before;
      place -= 1;
    }
    keys[place] = key;
  }
  return keys;
}

function scalarText(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`JSON cannot carry the number ${value}`);
  const text = typeof value === "bigint" ? undefined : JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON cannot carry a ${typeof value}`);
  return text;
}

/** SHA-256 of the canonical text, in lower-case hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
