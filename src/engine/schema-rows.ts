import { z } from "zod";

/** One member of an input or output, for people. */
export interface SchemaRow {
  /** Such as `headers`, `targets[].url` or `tls.ca`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly meaning: string;
}

const Shape = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  secret: z.boolean().optional(),
  whole: z.boolean().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
});
type Shape = z.infer<typeof Shape>;

const MOST_DEEP = 3;

/**
 * The members of a schema, those of objects inside after the one that holds them; not of one that is only passed on as it is
 * (`meta({ whole: true })`).
 */
export function schemaRows(schema: z.ZodType, io: "input" | "output"): readonly SchemaRow[] {
  return rowsOf(Shape.parse(z.toJSONSchema(schema, { io, unrepresentable: "any" })), "", 0);
}

function rowsOf(shape: Shape, prefix: string, depth: number): readonly SchemaRow[] {
  if (depth > MOST_DEEP || shape.whole === true) return [];
  const inner = [...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])];
  const either = inner.flatMap((each) => rowsOf(shapeOf(each), prefix, depth));
  return unique([...memberRows(shape, prefix, depth), ...either, ...entryRows(shape, prefix, depth)]);
}

function memberRows(shape: Shape, prefix: string, depth: number): readonly SchemaRow[] {
  const own: SchemaRow[] = [];
  for (const [key, value] of Object.entries(shape.properties ?? {})) {
    const member = shapeOf(value);
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const isRequired = shape.required?.includes(key) ?? false;
    own.push({ name, type: typeText(member), isRequired, meaning: member.description ?? "" });
    own.push(...rowsOf(member, name, depth + 1));
  }
  return own;
}

/** Of the entries of a list, and of the members of an object that may have any name. */
function entryRows({ items, additionalProperties }: Shape, prefix: string, depth: number): readonly SchemaRow[] {
  const listed = items === undefined ? [] : rowsOf(shapeOf(items), `${prefix}[]`, depth + 1);
  if (prefix === "" || additionalProperties === undefined) return listed;
  return [...listed, ...rowsOf(shapeOf(additionalProperties), `${prefix}.NAME`, depth + 1)];
}

/** Alternatives of an object name the same members more than once. */
function unique(rows: readonly SchemaRow[]): readonly SchemaRow[] {
  const byName = new Map<string, SchemaRow>();
  for (const row of rows) {
    const before = byName.get(row.name);
    if (before === undefined) byName.set(row.name, row);
    else if (!before.type.split(" or ").includes(row.type)) {
      byName.set(row.name, { ...before, type: `${before.type} or ${row.type}` });
    }
  }
  return [...byName.values()];
}

function shapeOf(value: unknown): Shape {
  return Shape.safeParse(value).data ?? {};
}

function typeText(shape: Shape): string {
  const { secret, type, items, anyOf, oneOf, allOf } = shape;
  if (secret === true) return "secret";
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum !== undefined) return shape.enum.map((each) => JSON.stringify(each)).join(" or ");
  const inner = [...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])];
  if (inner.length > 0) return [...new Set(inner.map((each) => typeText(shapeOf(each))))].join(" or ");
  if (Array.isArray(type)) return type.map((each) => wordFor(each)).join(" or ");
  if (type === "array") return `list of ${typeText(shapeOf(items))}`;
  return type === undefined ? "anything" : wordFor(type);
}

function wordFor(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "text",
    integer: "whole number",
    boolean: "true or false",
    null: "nothing",
    array: "list",
  };
  return words[type] ?? type;
}
