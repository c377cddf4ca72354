import { z } from "zod";

import { canonicalJson } from "../../src/platform/canonical-json.ts";

/** A number from 0 up to 1. */
export type Fraction = () => number;

/** One way in which a value of a schema can become another one; everything else about it stays. */
export interface Change {
  /** Where, such as `rule.from[0].handle (left out)`. */
  readonly at: string;
  readonly make: (fraction: Fraction) => unknown;
}

/**
 * Every way in which a single field of `value` can change, read off its schema: nested fields, elements of lists, what is optional.
 * Throws for a sort of schema that it does not know, so that nothing is left out unnoticed.
 */
export function changesOf(schema: z.ZodType, value: unknown, at = ""): readonly Change[] {
  if (schema instanceof z.ZodOptional) return optionalChanges(inner(schema), value, at);
  if (schema instanceof z.ZodObject) return objectChanges(schema, value, at);
  if (schema instanceof z.ZodArray) return listChanges(schema, value, at);
  if (schema instanceof z.ZodDiscriminatedUnion) return unionChanges(schema, value, at);
  if (schema instanceof z.ZodLiteral) return [];
  return [{ at, make: (fraction) => another(schema, value, fraction) }];
}

/** Some value that the schema takes. */
export function someOf(schema: z.ZodType, fraction: Fraction): unknown {
  if (schema instanceof z.ZodOptional) return someOf(inner(schema), fraction);
  if (schema instanceof z.ZodString) return someText(fraction);
  if (schema instanceof z.ZodNumber) return 1 + Math.floor(fraction() * 1e9);
  if (schema instanceof z.ZodBoolean) return fraction() < 0.5;
  if (schema instanceof z.ZodEnum) return oneOf(schema.options, fraction);
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodArray) return [someOf(element(schema), fraction)];
  if (schema instanceof z.ZodDiscriminatedUnion) return someOf(oneOf(options(schema), fraction), fraction);
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(shape(schema));
    return Object.fromEntries(members.map(([key, member]) => [key, someOf(member, fraction)]));
  }
  throw new TypeError(`nobody has said how to change a ${schema.def.type}`);
}

/** The same value with the members of all its objects in another order. */
export function reordered(value: unknown, fraction: Fraction): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, fraction));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => ({ key, member, order: fraction() }));
  return Object.fromEntries(
    members
      .toSorted((left, right) => left.order - right.order)
      .map(({ key, member }) => [key, reordered(member, fraction)]),
  );
}

function optionalChanges(schema: z.ZodType, value: unknown, at: string): readonly Change[] {
  if (value === undefined) return [{ at: `${at} (added)`, make: (fraction) => someOf(schema, fraction) }];
  return [...changesOf(schema, value, at), { at: `${at} (left out)`, make: () => undefined }];
}

function objectChanges(schema: z.ZodObject, value: unknown, at: string): readonly Change[] {
  const members: Readonly<Record<string, unknown>> = { ...z.looseObject({}).parse(value) };
  return Object.entries(shape(schema)).flatMap(([key, member]) =>
    changesOf(member, members[key], at === "" ? key : `${at}.${key}`).map((change) => ({
      at: change.at,
      make: (fraction: Fraction) => ({ ...members, [key]: change.make(fraction) }),
    })),
  );
}

function listChanges(schema: z.ZodArray, value: unknown, at: string): readonly Change[] {
  const items: readonly unknown[] = z.array(z.unknown()).parse(value);
  const added: Change = {
    at: `${at}[] (one more)`,
    make: (fraction) => {
      const place = Math.floor(fraction() * (items.length + 1));
      return items.toSpliced(place, 0, someOf(element(schema), fraction));
    },
  };
  const within = items.flatMap((item, index) =>
    changesOf(element(schema), item, `${at}[]`).map((change) => ({
      at: change.at,
      make: (fraction: Fraction) => items.with(index, change.make(fraction)),
    })),
  );
  if (items.length < 2) return [added, ...within];
  const removed = {
    at: `${at}[] (one less)`,
    make: (fraction: Fraction) => items.toSpliced(placeIn(items, fraction), 1),
  };
  const isSame = items.every((item) => canonicalJson(item) === canonicalJson(items[0]));
  const turned = { at: `${at}[] (in another order)`, make: () => items.toReversed() };
  return [added, removed, ...(isSame ? [] : [turned]), ...within];
}

function unionChanges(schema: z.ZodDiscriminatedUnion, value: unknown, at: string): readonly Change[] {
  const all = options(schema);
  const own = all.filter((option) => option.safeParse(value).success);
  const others = all.filter((option) => !own.includes(option));
  const within = own.flatMap((option) => changesOf(option, value, at));
  if (others.length === 0) return within;
  const other = {
    at: `${at} (of another kind)`,
    make: (fraction: Fraction) => someOf(oneOf(others, fraction), fraction),
  };
  return [...within, other];
}

function another(schema: z.ZodType, value: unknown, fraction: Fraction): unknown {
  const before = canonicalJson(value);
  for (let tries = 0; tries < 100; tries += 1) {
    const made =
      typeof value === "string" && schema instanceof z.ZodString ? nearly(value, fraction) : someOf(schema, fraction);
    if (canonicalJson(made) !== before) return made;
  }
  throw new TypeError(`there is no other ${schema.def.type} than ${before}`);
}

/** A text that looks much like another one: the changes that people overlook. */
function nearly(text: string, fraction: Fraction): string {
  const place = Math.floor(fraction() * (text.length + 1));
  const ways: readonly (() => string)[] = [
    () => "",
    () => `${text} `,
    () => ` ${text}`,
    () => `${text}\n`,
    () => text.toUpperCase(),
    () => text.slice(0, -1),
    () => text.slice(1),
    () => `${text.slice(0, place)}\u200B${text.slice(place)}`,
    () => `${text.slice(0, place)}${String.fromCharCode(33 + Math.floor(fraction() * 90))}${text.slice(place + 1)}`,
    () => text.slice(place) + text.slice(0, place),
    () => `${text}${text}`,
    () => someText(fraction),
  ];
  return oneOf(ways, fraction)();
}

function someText(fraction: Fraction): string {
  const length = Math.floor(fraction() * 24);
  return Array.from({ length }, () => String.fromCharCode(32 + Math.floor(fraction() * 95))).join("");
}

function oneOf<Item>(items: readonly Item[], fraction: Fraction): Item {
  const item = items[placeIn(items, fraction)];
  if (item === undefined) throw new TypeError("there is nothing to choose from");
  return item;
}

function placeIn(items: readonly unknown[], fraction: Fraction): number {
  return Math.floor(fraction() * items.length);
}

// What is inside a schema of a kind that is known only now has no better type than this.
function inner(schema: z.ZodOptional): z.ZodType {
  return asSchema(schema.unwrap());
}

function element(schema: z.ZodArray): z.ZodType {
  return asSchema(schema.element);
}

function options(schema: z.ZodDiscriminatedUnion): readonly z.ZodType[] {
  return schema.options.map(asSchema);
}

function shape(schema: z.ZodObject): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.entries(schema.shape).map(([key, member]) => [key, asSchema(member)]));
}

function asSchema(value: unknown): z.ZodType {
  if (value instanceof z.ZodType) return value;
  throw new TypeError("a schema has something in it that is none");
}
