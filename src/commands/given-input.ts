import { type ExpressionType, typeText } from "../expressions/expression-type.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { CommandInput } from "./command.ts";
import { typeOfInput } from "./input-types.ts";
import { type InputReading, readInput } from "./input-value.ts";
import { describeValue } from "./issue-text.ts";

/** What only an expression gives, and how it is called. */
const NAMED: Readonly<Record<string, string>> = {
  service: "a service",
  revision: "a revision",
  run: "the id of a run",
  person: "the id of a person",
};

function nameOf(definition: CommandInput["definition"]): string | undefined {
  if (definition.type !== "environment") return NAMED[definition.type];
  return definition.of === undefined ? "an environment" : "an environment of a service";
}

/** Why a value of a type is nothing that the input of a used command takes; undefined when it may be. */
export function whyNoInput({ name, definition }: CommandInput, type: ExpressionType): string | undefined {
  if (type.kind === "any") return undefined;
  const wanted = typeOfInput({ name, definition: { ...definition, optional: false } });
  const isNumber = definition.type === "number";
  if (isNumber ? type.kind === "int" || type.kind === "double" : fits(type, wanted)) return undefined;
  const what = nameOf(definition) ?? (isNumber ? "a number" : typeText(wanted));
  const unit = definition.type === "duration" ? " of milliseconds" : "";
  return `${what}${unit} is expected, but this is ${typeText(type)}`;
}

function fits(type: ExpressionType, wanted: ExpressionType): boolean {
  // A secret takes a text as well, and keeps it for itself from then on.
  if (wanted.kind === "secret") return type.kind === "secret" || type.kind === "string";
  if (wanted.kind !== "object" || type.kind !== "object") return type.kind === wanted.kind;
  return Object.keys(wanted.fields).every((field) => Object.hasOwn(type.fields, field));
}

/** Reads a value that stands in the file itself, with no expression in it. */
export function readGiven(input: CommandInput, value: Json): InputReading {
  const { definition, name } = input;
  if (value === null && definition.optional) return { ok: true, value };
  const named = nameOf(definition);
  if (named !== undefined) {
    const message = `${named} is passed as an expression, such as \${{ ${name} }}, but this is ${describeValue(value)}`;
    return { ok: false, message };
  }
  const { type } = definition;
  const sort = type === "number" || type === "boolean" ? type : "string";
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (isScalar && typeof value === sort) return readInput(input, String(value));
  const expected = { string: "a text", number: "a number", boolean: "true or false" }[sort];
  return { ok: false, message: `${expected} is expected, but this is ${describeValue(value)}` };
}
