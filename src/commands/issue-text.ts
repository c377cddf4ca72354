import type { z } from "zod";

import { didYouMean } from "../platform/did-you-mean.ts";
import type { CommandDiagnostic, CommandSource, ValuePath } from "./command-source.ts";

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys and values",
  record: "a map of keys and values",
};

// Nobody reads more at once, and each has to be looked for in the file.
const MOST_ISSUES = 100;

/** What zod found wrong with the value at `base` of a command file, each with its place and with what would be right. */
export function issueDiagnostics(
  source: CommandSource,
  { error, value, base, keys }: { error: z.ZodError; value: unknown; base: ValuePath; keys: readonly string[] },
): readonly CommandDiagnostic[] {
  const seen = new Set<string>();
  return error.issues.slice(0, MOST_ISSUES).flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.slice(0, MOST_ISSUES).map((key) => {
        const known = issue.path.length === 0 ? keys : [];
        return source.diagnostic(source.keySpan([...path, key]), unknownKey(key, known));
      });
    }
    if (issue.code === "invalid_key") {
      const why = issue.issues[0]?.message ?? issue.message;
      return [source.diagnostic(source.keySpan(path), `"${String(path.at(-1))}" is no name here: ${why}`)];
    }
    // The first thing that is wrong with a value is its type; what follows from that says nothing more.
    const place = path.map(String).join("\n");
    if (seen.has(place)) return [];
    seen.add(place);
    return [source.diagnostic(source.valueSpan(path), issueText(issue, valueAt(value, issue.path), path))];
  });
}

/** `unknown key "setps". Did you mean "steps"?` */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  if (near !== undefined) return `unknown key "${key}". Did you mean "${near}"?`;
  return known.length === 0 ? `unknown key "${key}"` : `unknown key "${key}". There is: ${known.join(", ")}`;
}

function issueText(issue: Issue, found: unknown, path: ValuePath): string {
  const key = String(path.at(-1) ?? "the file");
  if (found === undefined && (issue.code === "invalid_type" || issue.code === "invalid_union")) {
    return `"${key}" is missing${expected(issue)}${options(issue, "")}`;
  }
  switch (issue.code) {
    case "invalid_type":
      return `"${key}" is ${describeValue(found)}, but ${KINDS[issue.expected] ?? issue.expected} is expected`;
    case "invalid_value":
      return wrongValue(key, found, issue.values.map(String));
    case "invalid_union":
      return `"${key}" is ${describeValue(found)}, which does not fit here${options(issue, found)}`;
    case "too_small":
    case "too_big":
    case "invalid_format":
    case "custom":
      return issue.message.startsWith("Too ") ? bounds(key, issue) : issue.message;
    case "invalid_key":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
      return issue.message;
  }
}

function expected(issue: Issue): string {
  const kind = issue.code === "invalid_type" ? KINDS[issue.expected] : undefined;
  return kind === undefined ? "" : `; ${kind} is expected`;
}

function wrongValue(key: string, found: unknown, values: readonly string[]): string {
  const near = typeof found === "string" ? didYouMean(found, values) : undefined;
  const right = near === undefined ? `Expected is: ${values.join(", ")}` : `Did you mean "${near}"?`;
  return `"${key}" is ${describeValue(found)}. ${right}`;
}

/** A union over a word such as `type` says which words there are. */
function options(issue: Issue, found: unknown): string {
  if (issue.code !== "invalid_union" || typeof found !== "string") return "";
  const values = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  if (values.length === 0) return "";
  const near = didYouMean(found, values);
  return near === undefined ? `. Expected is: ${values.join(", ")}` : `. Did you mean "${near}"?`;
}

function bounds(key: string, issue: Issue): string {
  if (issue.code === "too_small") return `"${key}" is too small or too short; the least is ${issue.minimum}`;
  return issue.code === "too_big" ? `"${key}" is too big or too long; the most is ${issue.maximum}` : issue.message;
}

/** What was found, short enough for a line: `the number 5`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (typeof value === "string") return `the text "${value.length > 60 ? `${value.slice(0, 60)}...` : value}"`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "a map";
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Object.getOwnPropertyDescriptor(current, segment)?.value;
  }
  return current;
}
