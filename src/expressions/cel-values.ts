import type { Json } from "../platform/canonical-json.ts";

/** What a scope weighs: the number of values in it, and the length of its longest list or map. */
export interface Weight {
  values: number;
  longest: number;
}

/** More than any expression looks at. */
export const MOST_VALUES = 20_000;

/**
 * A JSON value as the CEL library wants it: whole numbers become bigint, and maps become `Map`, in which `__proto__` and
 * `constructor` are names like any other. Adds what it walks over to `weight`;
 * throws a RangeError when that is more than any expression should look at.
 */
export function toCel(value: Json, weight: Weight): unknown {
  weight.values += 1;
  if (weight.values > MOST_VALUES) throw new RangeError(`it uses more than ${MOST_VALUES} values`);
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  weight.longest = Math.max(weight.longest, members.length);
  if (Array.isArray(value)) return members.map(([, item]) => toCel(item, weight));
  return new Map(members.map(([key, member]) => [key, toCel(member, weight)]));
}

/** The reverse. Throws a RangeError for what JSON cannot carry exactly: big whole numbers, infinities, types. */
export function fromCel(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint" || typeof value === "number") return fromCelNumber(value);
  if (Array.isArray(value)) return value.map((item) => fromCel(item));
  if (value instanceof Map) return fromMembers([...value.entries()]);
  if (typeof value === "object" && isPlain(value)) return fromMembers(Object.entries(value));
  throw new RangeError("it gives a value that is not text, number, true or false, list or map");
}

function fromCelNumber(value: bigint | number): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) {
    throw new RangeError(`it gives ${value}, and whole numbers end at ${Number.MAX_SAFE_INTEGER}`);
  }
  if (!Number.isFinite(number)) throw new RangeError(`it gives ${number}, which is no number to work with`);
  return number;
}

function fromMembers(members: readonly (readonly [unknown, unknown])[]): Json {
  return Object.fromEntries(members.map(([key, member]) => [String(key), fromCel(member)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
