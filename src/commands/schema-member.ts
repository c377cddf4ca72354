import { z } from "zod";

/** What a schema says about one of its members; undefined where it says nothing, or where it has no such member. */
export function memberOf(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject) return ifType(Object.hasOwn(bare.shape, key) ? bare.shape[key] : undefined);
  if (bare instanceof z.ZodArray) return ifType(bare.element);
  if (bare instanceof z.ZodUnion) return oneOf(bare.options.flatMap((option) => memberOf(ifType(option), key) ?? []));
  return bare instanceof z.ZodRecord ? ifType(bare.valueType) : undefined;
}

/** The names of the members that a schema takes; undefined where it takes others than those too, or none. */
export function memberNames(schema: z.ZodType): readonly string[] | undefined {
  const bare = unwrapped(schema);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : undefined;
}

function oneOf(schemas: readonly z.ZodType[]): z.ZodType | undefined {
  const [first, ...rest] = schemas;
  return first === undefined || rest.length === 0 ? first : z.union([first, ...rest]);
}

function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodPipe) return unwrapped(ifType(schema.in));
  const isWrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapped ? unwrapped(ifType(schema.unwrap())) : schema;
}

function ifType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}
