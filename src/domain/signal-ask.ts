import { z } from "zod";

import { isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { didYouMean } from "../platform/did-you-mean.ts";

/** One value that comes with a signal. */
export const SignalField = z.strictObject({
  type: z.enum(["text", "number", "boolean", "choice"]),
  values: z.array(z.string().min(1).max(100)).min(1).max(50).optional().meta({ description: "What a `choice` can be" }),
  max: z
    .int()
    .min(1)
    .max(2000)
    .optional()
    .meta({ description: "How many characters a `text` may have; 500 unless said" }),
  optional: z.boolean().optional().meta({ description: "Whether it may be left out" }),
  summary: z.string().max(200).optional().meta({ description: "What it is, for whoever sends it" }),
});
type SignalField = z.infer<typeof SignalField>;

const Sender = z.union([
  z.strictObject({ user: z.string().regex(/^[UW][A-Z0-9]{1,30}$/u, "the id of a Slack user") }),
  z.strictObject({
    group: z.string().regex(/^S[A-Z0-9]{1,30}$/u, "the id of a Slack user group"),
    handle: z.string().max(80).optional(),
  }),
]);

/** What a step that waits for a signal says of it. Everything stands there literally: a signal may come before its step is reached. */
export const SignalAsk = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,49}$/u, "a name has small letters, digits, dots and hyphens, such as tests-done")
    .meta({ description: "What it is called, such as `tests-done`", literal: true }),
  from: z.array(Sender).min(1).max(20).optional().meta({
    description: "Who may send it, as in an environment's `approval`; unless said, whoever has the grant of `verb`",
    literal: true,
  }),
  verb: z
    .string()
    .regex(/^[a-z][a-z-]{0,29}$/u, "a verb is one word in small letters")
    .optional()
    .meta({
      description: "The verb of the grant that it takes, in every environment of the run; `signal` unless said",
      literal: true,
    }),
  payload: z
    .record(z.string().regex(/^[a-z][A-Za-z0-9_]{0,39}$/u, "a name such as build or testUrl"), SignalField)
    .optional()
    .meta({ description: "The values that come with it, by name; none unless said", literal: true }),
});
export type SignalAsk = z.infer<typeof SignalAsk>;

export type PayloadReading =
  | { readonly kind: "read"; readonly payload: JsonMap }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const LONGEST_TEXT = 500;

/** Reads what came with a signal. A number or a boolean may come as the text that says it, which is how people type it. */
export function readPayload({ payload: fields = {} }: SignalAsk, given: JsonMap): PayloadReading {
  const problems: string[] = [];
  const payload: Record<string, Json> = {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) problems.push(unknownField(name, Object.keys(fields)));
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null) {
      if (field.optional !== true) problems.push(`${name} is missing: ${fieldText(field)}`);
      continue;
    }
    const reading = readField(field, value);
    if (reading === undefined) problems.push(`${name} is ${fieldText(field)}, and not ${shown(value)}`);
    else payload[name] = reading;
  }
  return problems.length === 0 ? { kind: "read", payload } : { kind: "wrong", problems };
}

function readField({ type, values = [], max = LONGEST_TEXT }: SignalField, value: Json): Json | undefined {
  switch (type) {
    case "text":
      return typeof value === "string" && value.length <= max ? value : undefined;
    case "number":
      return readNumber(value);
    case "boolean":
      return readBoolean(value);
    case "choice":
      return typeof value === "string" && values.includes(value) ? value : undefined;
  }
}

function readNumber(value: Json): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,15}(?:\.\d{1,10})?$/u.test(value) ? Number(value) : undefined;
}

function readBoolean(value: Json): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" || value === "false" ? value === "true" : undefined;
}

/** What a value has to be, in a few words: `a number`, `one of green, red`. */
export function fieldText({ type, values = [], max = LONGEST_TEXT }: SignalField): string {
  switch (type) {
    case "text":
      return `a text of at most ${max} characters`;
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${values.join(", ")}`;
  }
}

function unknownField(name: string, known: readonly string[]): string {
  if (known.length === 0) return `nothing comes with it, and so no ${name}`;
  const near = didYouMean(name, known);
  return `there is no ${name}; ${near === undefined ? `there is: ${known.join(", ")}` : `did you mean ${near}?`}`;
}

function shown(value: Json): string {
  if (Array.isArray(value)) return "a list";
  return isJsonMap(value) ? "an object" : JSON.stringify(value).slice(0, 60);
}
