import { z } from "zod";

import type { TypeScope } from "../expressions/expression-type.ts";
import { isJsonList, isJsonMap, type Json } from "../platform/canonical-json.ts";
import type { StepEntry } from "./command-file.ts";
import type { ValuePath } from "./command-source.ts";
import { issueDiagnostics, unknownKey } from "./issue-text.ts";
import type { PlanContext } from "./plan-context.ts";
import { whyNoFit } from "./type-fit.ts";

interface Value {
  readonly value: Json;
  readonly path: ValuePath;
  /** What the step kind takes there; undefined where it does not say. */
  readonly schema: z.ZodType | undefined;
}

/** Checks the inputs of a step against what its kind takes: names, literal values, and the types of expressions. */
export function checkWith(
  context: PlanContext,
  { entry, path, schema }: { readonly entry: StepEntry; readonly path: ValuePath; readonly schema: z.ZodType },
  scope: TypeScope,
): void {
  const shape = schema instanceof z.ZodObject ? schema.shape : undefined;
  const names = Object.keys(shape ?? {});
  for (const [key, value] of Object.entries(entry.with)) {
    const keyPath = [...path, "with", key];
    if (shape !== undefined && !names.includes(key)) {
      context.report(context.source.keySpan(keyPath), `${entry.uses}: ${unknownKey(key, names)}`);
      continue;
    }
    checkValue(context, { value, path: keyPath, schema: memberOf(schema, key) }, scope);
  }
  const missing = names.filter(
    (name) => !(name in entry.with) && memberOf(schema, name)?.safeParse(undefined).success === false,
  );
  if (missing.length === 0) return;
  const span = context.source.valueSpan([...path, "uses"]);
  context.report(span, `${entry.uses} needs ${missing.map((name) => `"${name}"`).join(" and ")} in "with"`);
}

function checkValue(context: PlanContext, { value, path, schema }: Value, scope: TypeScope): void {
  if (!hasExpression(value)) {
    const result = schema?.safeParse(value);
    if (result === undefined || result.success) return;
    context.diagnostics.push(...issueDiagnostics(context.source, { error: result.error, value, base: path, keys: [] }));
    return;
  }
  if (typeof value === "string") {
    const type = context.checkTemplate({ path, text: value }, scope);
    const reason = schema === undefined ? undefined : whyNoFit(type, schema);
    if (reason !== undefined) context.report(context.source.valueSpan(path), `"${String(path.at(-1))}": ${reason}`);
    return;
  }
  for (const [key, member] of Object.entries(value ?? {})) {
    const segment = isJsonList(value) ? Number(key) : key;
    checkValue(context, { value: member, path: [...path, segment], schema: memberOf(schema, key) }, scope);
  }
}

function hasExpression(value: Json): boolean {
  if (typeof value === "string") return value.includes("${{");
  if (isJsonList(value)) return value.some(hasExpression);
  return isJsonMap(value) && Object.values(value).some(hasExpression);
}

/** What a schema says about one of its members. */
function memberOf(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject) return ifType(Object.hasOwn(bare.shape, key) ? bare.shape[key] : undefined);
  if (bare instanceof z.ZodArray) return ifType(bare.element);
  return bare instanceof z.ZodRecord ? ifType(bare.valueType) : undefined;
}

function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  const isWrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault;
  return isWrapped ? unwrapped(ifType(schema.unwrap())) : schema;
}

function ifType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}
