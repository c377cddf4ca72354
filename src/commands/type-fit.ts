import { z } from "zod";

import { type ExpressionType, typeText } from "../expressions/expression-type.ts";

/** The part of a JSON Schema that says which sorts of values there may be. */
const Accepted = z.looseObject({
  type: z.string().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
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

/** Says why a value of `type` can never be an input that `schema` takes; undefined when it can. */
export function whyNoFit(type: ExpressionType, schema: z.ZodType): string | undefined {
  return misfit(type, z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

function misfit(type: ExpressionType, jsonSchema: unknown): string | undefined {
  const accepted = Accepted.safeParse(jsonSchema).data;
  if (accepted === undefined || type.kind === "any") return undefined;
  if (accepted.anyOf !== undefined) return misfitOfAny(type, accepted.anyOf);
  if (accepted.type === undefined) return undefined;
  if (!jsonTypes(type).includes(accepted.type)) {
    return `${NAMES[accepted.type] ?? accepted.type} is expected, but this is ${typeText(type)}${fieldsOf(type)}`;
  }
  if (type.kind === "list") return misfit(type.of, accepted.items);
  return type.kind === "object" ? misfitOfFields(type, accepted) : undefined;
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
    case "any":
      return Object.keys(NAMES);
  }
}

function fieldsOf(type: ExpressionType): string {
  return type.kind === "object" ? `; its fields are ${Object.keys(type.fields).join(", ")}` : "";
}
