import { z } from "zod";

import { type ExpressionType, holdsSecret, typeText } from "../expressions/expression-type.ts";

/** The part of a JSON Schema that says which sorts of values there may be. */
const Accepted = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  /** A text that the kind takes as a secret. */
  secret: z.boolean().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  required: z.array(z.string()).optional(),
});
type Accepted = z.infer<typeof Accepted>;

const NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  null: "null",
};

const NO_SECRET = "this is a secret, and only inputs that are declared for secrets take one";

/** Says why a value of `type` can never be an input that `schema` takes; undefined when it can. */
export function whyNoFit(type: ExpressionType, schema: z.ZodType): string | undefined {
  return misfit(type, z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

function misfit(type: ExpressionType, jsonSchema: unknown): string | undefined {
  if (type.kind === "any") return undefined;
  // What says nothing about the sorts of values, or is no schema, takes every value but a secret.
  const accepted = Accepted.safeParse(jsonSchema).data ?? {};
  if (accepted.anyOf !== undefined) return misfitOfAny(type, accepted.anyOf);
  if (type.kind === "secret") return accepted.secret === true ? undefined : NO_SECRET;
  if (accepted.type === undefined) {
    return holdsSecret(type) ? `${typeText(type)} holds a secret. ${NO_SECRET}` : undefined;
  }
  return misfitOfSort(type, [accepted.type].flat()) ?? misfitOfMembers(type, accepted);
}

function misfitOfSort(type: ExpressionType, sorts: readonly string[]): string | undefined {
  if (sorts.some((sort) => jsonTypes(type).includes(sort))) return undefined;
  const expected = sorts.map((sort) => NAMES[sort] ?? sort).join(" or ");
  return `${expected} is expected, but this is ${typeText(type)}${fieldsOf(type)}`;
}

function misfitOfMembers(
  type: ExpressionType,
  { items, additionalProperties, ...accepted }: Accepted,
): string | undefined {
  if (type.kind === "list") return misfit(type.of, items);
  if (type.kind === "map") return misfit(type.of, additionalProperties);
  return type.kind === "object" ? misfitOfFields(type, { ...accepted, additionalProperties }) : undefined;
}

function misfitOfAny(type: ExpressionType, schemas: readonly unknown[]): string | undefined {
  const reasons = schemas.map((schema) => misfit(type, schema));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function misfitOfFields(type: ExpressionType & { kind: "object" }, accepted: Accepted): string | undefined {
  for (const name of accepted.required ?? []) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (field === undefined) return `a map with "${name}" is expected, but this is ${typeText(type)}, which has none`;
    const reason = misfit(field, accepted.properties?.[name]);
    if (reason !== undefined) return `"${name}": ${reason}`;
  }
  return misfitOfSecrets(type, accepted);
}

/** Members that need not be there are not looked at, except that no secret may go where none is taken. */
function misfitOfSecrets(
  { fields }: ExpressionType & { kind: "object" },
  { properties, additionalProperties }: Accepted,
): string | undefined {
  for (const [name, field] of Object.entries(fields)) {
    const reason = holdsSecret(field) ? misfit(field, properties?.[name] ?? additionalProperties) : undefined;
    if (reason !== undefined) return `"${name}": ${reason}`;
  }
  return undefined;
}

function jsonTypes(type: ExpressionType): readonly string[] {
  switch (type.kind) {
    case "int":
      return ["integer", "number"];
    case "double":
      return ["number"];
    case "bool":
      return ["boolean"];
    case "list":
      return ["array"];
    case "map":
    case "object":
      return ["object"];
    case "string":
    case "null":
      return [type.kind];
    case "secret":
      return ["string"];
    case "any":
      return Object.keys(NAMES);
  }
}

function fieldsOf(type: ExpressionType): string {
  return type.kind === "object" ? `; its fields are ${Object.keys(type.fields).join(", ")}` : "";
}
