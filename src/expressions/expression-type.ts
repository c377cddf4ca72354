import { z } from "zod";

/**
 * The type of a value in expressions. `any` is a value of which nothing is known before it is there: everything fits it.
 * A text is one of `values` where they are known. An object has exactly the `fields` named; `name` is what messages call it. A `secret` stands for a text that nobody sees: it can
 * only be passed on as a whole.
 */
export type ExpressionType =
  | { readonly kind: "int" | "double" | "bool" | "null" | "any" | "secret" }
  | { readonly kind: "string"; readonly values?: readonly string[] }
  | { readonly kind: "list"; readonly of: ExpressionType }
  | { readonly kind: "map"; readonly of: ExpressionType }
  | { readonly kind: "object"; readonly name: string; readonly fields: Readonly<Record<string, ExpressionType>> };

/** The variables that an expression may use. */
export type TypeScope = Readonly<Record<string, ExpressionType>>;

export const ANY: ExpressionType = { kind: "any" };

/** The type as a person reads it: `text`, `list of Target`. */
export function typeText(type: ExpressionType): string {
  switch (type.kind) {
    case "string":
      return "text";
    case "int":
      return "a whole number";
    case "double":
      return "a number";
    case "bool":
      return "true or false";
    case "null":
      return "null";
    case "any":
      return "any value";
    case "secret":
      return "a secret";
    case "list":
      return `a list of ${type.of.kind === "object" ? type.of.name : typeText(type.of)}`;
    case "map":
      return "a map";
    case "object":
      return type.name;
  }
}

/** Whether a value of the type is a secret, or has one in it. */
export function holdsSecret(type: ExpressionType): boolean {
  if (type.kind === "list" || type.kind === "map") return holdsSecret(type.of);
  return type.kind === "secret" || (type.kind === "object" && Object.values(type.fields).some(holdsSecret));
}

/** Only what decides about the type; a JSON Schema says much more. */
const TypedSchema = z.looseObject({
  type: z.string().optional(),
  /** On a text that is sealed as soon as it is there, and opened only where it is declared so too. */
  secret: z.boolean().optional(),
  anyOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
});

/**
 * The type of what `schema` lets through (its output side). Numbers that need not be whole become `any`, because 1 is a
 * whole number in expressions and 1.5 is not; so does everything that is one of several types.
 */
export function typeOfSchema(schema: z.ZodType, name: string): ExpressionType {
  return typeOfJsonSchema(z.toJSONSchema(schema, { unrepresentable: "any", io: "output" }), name);
}

function typeOfJsonSchema(jsonSchema: unknown, name: string): ExpressionType {
  const { data: schema } = TypedSchema.safeParse(jsonSchema);
  if (schema === undefined) return ANY;
  if (schema.secret === true || isSecretOrNull(schema.anyOf)) return { kind: "secret" };
  switch (schema.type ?? typeof (schema.const ?? schema.enum?.[0])) {
    case "string":
      return { kind: "string", ...(isTexts(schema.enum) && { values: schema.enum }) };
    case "integer":
      return { kind: "int" };
    case "boolean":
      return { kind: "bool" };
    case "null":
      return { kind: "null" };
    case "array":
      return { kind: "list", of: typeOfJsonSchema(schema.items, `${name}[]`) };
    case "object":
      return typeOfObject(schema, name);
    default:
      return ANY;
  }
}

function isTexts(values: readonly unknown[] | undefined): values is readonly string[] {
  return values !== undefined && values.every((value) => typeof value === "string");
}

/** What may be missing is a secret all the same. */
function isSecretOrNull(schemas: readonly unknown[] | undefined): boolean {
  const types = (schemas ?? []).map((schema) => typeOfJsonSchema(schema, "")).filter(({ kind }) => kind !== "null");
  return types.length > 0 && types.every(({ kind }) => kind === "secret");
}

function typeOfObject(schema: z.infer<typeof TypedSchema>, name: string): ExpressionType {
  // Without `type` this is a constant that is an object, or nothing that is known.
  if (schema.type !== "object") return ANY;
  if (schema.properties === undefined) return { kind: "map", of: typeOfJsonSchema(schema.additionalProperties, name) };
  const fields = Object.entries(schema.properties).map(
    ([field, fieldSchema]) => [field, typeOfJsonSchema(fieldSchema, `${name}.${field}`)] as const,
  );
  return { kind: "object", name, fields: Object.fromEntries(fields) };
}
