import { z } from "zod";

import { didYouMean } from "../platform/did-you-mean.ts";

const MOST_TOLD = 5;
const LONGEST_PLACE = 100;

// What a value is, as whoever reads it would say.
const SORTS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

export type Fitting<Value> =
  | { readonly kind: "right"; readonly value: Value }
  | { readonly kind: "wrong"; readonly problem: string };

/** Reads a part of a request; `problem` says in part of a sentence what of it does not fit, for whoever sent it. Pure. */
export function readFitting<Schema extends z.ZodType>(schema: Schema, given: unknown): Fitting<z.output<Schema>> {
  const { data, error } = schema.safeParse(given, { error: predicate });
  if (error === undefined) return { kind: "right", value: data };
  const problems = error.issues.flatMap((issue) => problemsOf(issue, { schema, above: [] }));
  return { kind: "wrong", problem: problems.slice(0, MOST_TOLD).join("; ") };
}

interface Around {
  readonly schema: z.ZodType;
  readonly above: readonly PropertyKey[];
}

function problemsOf(issue: z.core.$ZodIssue, { schema, above }: Around): readonly string[] {
  const path = [...above, ...issue.path];
  const place = `"${path.map(String).join(".").slice(0, LONGEST_PLACE)}"`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const name = key.slice(0, LONGEST_PLACE);
      return path.length === 0 ? unknownText(name, keysOf(schema)) : `there is no "${name}" in ${place}`;
    });
  }
  const meant = issue.code === "invalid_union" ? meantBy(issue.errors) : undefined;
  if (meant !== undefined) return meant.flatMap((inner) => problemsOf(inner, { schema, above: path }));
  return [path.length === 0 ? issue.message : `${place} ${issue.message}`];
}

/** What is wrong with the only alternative that can be meant: of each other one something that it needs is missing, or of another sort. */
function meantBy(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const [only, ...others] = alternatives.filter((issues) => !issues.some((issue) => isElsewhere(issue)));
  return others.length === 0 ? only : undefined;
}

function isElsewhere({ path, message, code }: z.core.$ZodIssue): boolean {
  return (path.length === 1 && message === MISSING) || (path.length === 0 && code === "invalid_type");
}

function unknownText(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  if (near !== undefined) return `there is no "${name}" here; did you mean "${near}"?`;
  const list = known.map((each) => `"${each}"`).join(", ");
  return `there is no "${name}" here; ${list === "" ? "it takes nothing" : `known are ${list}`}`;
}

function keysOf(schema: z.ZodType): readonly string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (!(schema instanceof z.ZodUnion)) return [];
  const keys = schema.options.flatMap((option) => (option instanceof z.ZodType ? keysOf(option) : []));
  return [...new Set(keys)];
}

const MISSING = "is missing";

/** What stands after the name of what is wrong. What a schema says itself is said instead of this. */
function predicate(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return MISSING;
      if (Array.isArray(issue.input) && issue.expected === "string") return "is one text, given once";
      return `is ${SORTS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      if (issue.input === undefined) return MISSING;
      return `is ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_small":
      return issue.origin === "string" ? "is empty" : `is at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "string" ? `has at most ${issue.maximum} characters` : `is at most ${issue.maximum}`;
    case "invalid_key":
      return "is no name that could be here";
    case "invalid_union":
      return `is ${issue.errors.flatMap((inner) => inner.slice(0, 1).map(sortOf)).join(", or ")}`;
    case "invalid_format":
    case "not_multiple_of":
    case "unrecognized_keys":
    case "invalid_element":
    case "custom":
      return undefined;
  }
}

function sortOf(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^is /u, "");
}
