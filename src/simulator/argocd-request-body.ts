import type { z } from "zod";

import { ApiError } from "./argocd-api-error.ts";

/** The body of a request as JSON, with the texts of Go's decoder for what is none. An empty body is an empty object. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError("invalidArgument", goSyntaxError(text, error));
  }
}

export interface Message<Schema> {
  /** As Argo CD calls it: `ApplicationSyncRequest`. */
  readonly name: string;
  readonly schema: Schema;
}

/** Reads a message of the API from a body; fields that it does not know are ignored, as Argo CD does. */
export function parseMessage<Schema extends z.ZodType>(
  body: unknown,
  { name, schema }: Message<Schema>,
): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.filter((part) => typeof part === "string").join(".") ?? "";
  const expected = issue?.code === "invalid_type" ? (GO_TYPES[issue.expected] ?? issue.expected) : "string";
  const found = jsonTypeAt(body, issue?.path ?? []);
  const where = path === "" ? `Go value of type ${name}` : `Go struct field ${name}.${path} of type ${expected}`;
  throw new ApiError("invalidArgument", `json: cannot unmarshal ${found} into ${where}`);
}

const GO_TYPES: Readonly<Record<string, string>> = {
  number: "int64",
  boolean: "bool",
  array: "[]string",
  object: "v1alpha1.SyncStrategy",
};

function jsonTypeAt(body: unknown, path: readonly PropertyKey[]): string {
  let value = body;
  for (const part of path) {
    if (typeof value !== "object" || value === null) break;
    value = Reflect.get(value, part);
  }
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

// Only one of the two is in the message of V8: the character, or where it stands.
function goSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const position = /position (\d+)/u.exec(message)?.[1];
  const character = /token '(.)'/u.exec(message)?.[1] ?? (position === undefined ? undefined : text[Number(position)]);
  if (character === undefined) return "unexpected EOF";
  const looking = message.includes("property name") ? "beginning of object key string" : "beginning of value";
  return `invalid character '${character}' looking for ${looking}`;
}
