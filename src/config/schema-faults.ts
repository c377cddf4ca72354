import { z } from "zod";

import { didYouMean } from "../platform/did-you-mean.ts";
import { quoted } from "./field-schemas.ts";
import type { Fault } from "./fault.ts";
import type { DataPath } from "./yaml-document.ts";

export type Checked<Output> =
  | { readonly kind: "valid"; readonly value: Output }
  | { readonly kind: "invalid"; readonly faults: readonly Fault[] };

/** Checks data against a schema; each fault says what was found and what would be right. */
export function checkSchema<Output>(schema: z.ZodType<Output>, data: unknown): Checked<Output> {
  const result = schema.safeParse(data, { error: (issue) => issueMessage(issue) });
  if (result.success) return { kind: "valid", value: result.data };
  const issues = result.error.issues.slice(0, MOST_FAULTS);
  // Making it takes a millisecond, and one file can have ten thousand mistakes.
  let known: z.core.JSONSchema.BaseSchema | undefined;
  const jsonSchema = (): z.core.JSONSchema.BaseSchema => (known ??= z.toJSONSchema(schema, { io: "input" }));
  const faults = issues.flatMap((issue) => faultsOf(issue, { jsonSchema, above: [] }));
  return { kind: "invalid", faults: faults.slice(0, MOST_FAULTS) };
}

// Nobody reads more at once, and each has to be looked for in the file.
const MOST_FAULTS = 100;

interface Around {
  readonly jsonSchema: () => z.core.JSONSchema.BaseSchema;
  readonly above: DataPath;
}

function faultsOf(issue: z.core.$ZodIssue, { jsonSchema, above }: Around): readonly Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(jsonSchema(), path);
    return issue.keys
      .slice(0, MOST_FAULTS)
      .map((key) => ({ path: [...path, key], part: "key", message: unknownKey(key, known) }));
  }
  if (issue.code === "invalid_key") {
    return issue.issues.slice(0, 1).map(({ message }) => ({ path, part: "key", message }));
  }
  if (issue.code === "invalid_union") {
    // Of the alternatives, only what is wrong with the one of the same sort helps.
    const meant = issue.errors.find((alternative) => !alternative.some((inner) => isOtherSort(inner)));
    if (meant !== undefined) return meant.flatMap((inner) => faultsOf(inner, { jsonSchema, above: path }));
  }
  return [{ path, part: "value", message: issue.message }];
}

function isOtherSort(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function issueMessage(issue: z.core.$ZodRawIssue): string | undefined {
  const found = quoted(issue.input);
  if (issue.code === "invalid_type") return wrongSort(issue.expected, issue.input);
  if (issue.code === "invalid_value") {
    return `${found} does not fit; ${issue.values.map(String).join(" or ")} belongs here`;
  }
  if (issue.code === "too_small") {
    const isList = issue.origin === "array";
    return isList ? "is empty; at least one entry belongs here" : `${found} is too small; at least ${issue.minimum}`;
  }
  if (issue.code === "too_big") return `${found} is too large; at most ${issue.maximum}`;
  if (issue.code !== "invalid_union") return undefined;
  if (isDiscriminated(issue)) return wrongDiscriminator(issue);
  const alternatives = issue.errors.flatMap((alternative) => alternative.slice(0, 1).map(alternativeText));
  return `${found} does not fit; ${alternatives.join(", or ")} belongs here`;
}

type UnionIssue = Extract<z.core.$ZodRawIssue, { readonly code: "invalid_union" }>;
type Discriminated = UnionIssue & { readonly discriminator: string; readonly options: readonly unknown[] };

/** Of alternatives that are told apart by one of their keys, none has what stands there. */
function isDiscriminated(issue: UnionIssue): issue is Discriminated {
  return issue.discriminator !== undefined && "options" in issue && Array.isArray(issue.options);
}

function wrongDiscriminator({ input, discriminator, options }: Discriminated): string {
  const known = options.map(String);
  const names = known.map((name) => `\`${name}\``);
  const belongs = `${[names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" or ")} belongs here`;
  const found: unknown = typeof input === "object" && input !== null ? Reflect.get(input, discriminator) : undefined;
  if (found === undefined) return `is missing; ${belongs}`;
  const meant = typeof found === "string" ? didYouMean(found, known) : undefined;
  return `${quoted(found)} does not fit; ${belongs}${meant === undefined ? "" : `; did you mean \`${meant}\`?`}`;
}

// YAML takes what follows an unquoted # for a remark, so that `channel: #deploys` has no value.
const QUOTES_HINT = ", in quotes where it begins with #";

function wrongSort(expected: string, input: unknown): string {
  const wanted = SORTS[expected] ?? expected;
  if (input === undefined) return `is missing; ${wanted} belongs here`;
  if (input === null) return `is empty; ${wanted} belongs here${expected === "string" ? QUOTES_HINT : ""}`;
  if (expected === "string" && typeof input === "number") return `${input} is a number; write it in quotes`;
  return `${quoted(input)} does not fit; ${wanted} belongs here`;
}

const SORTS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a block of keys",
  record: "a block of keys",
  array: "a list",
};

function alternativeText(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return SORTS[issue.expected] ?? issue.expected;
  return issue.code === "invalid_value"
    ? issue.values.map((value) => `\`${String(value)}\``).join(" or ")
    : issue.message;
}

function unknownKey(key: string, known: readonly string[]): string {
  // Only of alternatives, each of which has keys of its own.
  if (known.includes(key)) return `${quoted(key)} cannot stand here beside another key; write an entry for each`;
  const meant = didYouMean(key, known);
  if (meant !== undefined) return `there is no key ${quoted(key)} here; did you mean \`${meant}\`?`;
  if (known.length === 0) return `there is no key ${quoted(key)} here; none belongs here`;
  return `there is no key ${quoted(key)} here; known are ${known.map((name) => `\`${name}\``).join(", ")}`;
}

/** The keys that a schema knows at a place. */
function keysAt(schema: z.core.JSONSchema.BaseSchema, path: DataPath): readonly string[] {
  const [member, ...rest] = path;
  const alternatives = (schema.anyOf ?? []).filter((inner) => typeof inner === "object");
  const own = member === undefined ? Object.keys(schema.properties ?? {}) : keysBelow(schema, member, rest);
  return [...own, ...alternatives.flatMap((inner) => keysAt(inner, path))];
}

function keysBelow(schema: z.core.JSONSchema.BaseSchema, member: PropertyKey, rest: DataPath): readonly string[] {
  const below = schema.properties?.[String(member)] ?? schema.additionalProperties ?? schema.items;
  return typeof below === "object" && !Array.isArray(below) ? keysAt(below, rest) : [];
}
