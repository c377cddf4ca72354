import { z } from "zod";

import { holdsSecret, type TypeScope, typeText } from "../expressions/expression-type.ts";
import { isJsonList, isJsonMap, type Json } from "../platform/canonical-json.ts";
import type { Defaults } from "./command-file.ts";
import type { ValuePath } from "./command-source.ts";
import { issueDiagnostics, unknownKey } from "./issue-text.ts";
import type { PlanContext } from "./plan-context.ts";
import { memberNames, memberOf } from "./schema-member.ts";
import { whyNoFit } from "./type-fit.ts";

/** One input that is given to a step, and where it stands: at the step, or among the defaults. */
export interface GivenValue {
  readonly key: string;
  readonly value: Json;
  readonly path: ValuePath;
}

interface Given {
  readonly uses: string;
  readonly with: Readonly<Record<string, Json>>;
}

/** Everything that is given to a step: what stands at it, and the defaults for what does not. */
export function valuesOf(
  { uses, with: own }: Given,
  { path, defaults }: { readonly path: ValuePath; readonly defaults: Defaults | undefined },
): readonly GivenValue[] {
  const common = defaults !== undefined && Object.hasOwn(defaults.with, uses) ? defaults.with[uses] : undefined;
  const missing = Object.entries(common ?? {}).filter(([key]) => !Object.hasOwn(own, key));
  return [
    ...Object.entries(own).map(([key, value]) => ({ key, value, path: [...path, "with", key] })),
    ...missing.map(([key, value]) => ({ key, value, path: ["defaults", "with", uses, key] })),
  ];
}

/** The same as a node has it. */
export function withOf(values: readonly GivenValue[]): Record<string, Json> {
  return Object.fromEntries(values.map(({ key, value }) => [key, value]));
}

/** Checks the inputs of a step against what its kind takes: names, literal values, and the types of expressions. */
export function checkWith(
  context: PlanContext,
  {
    uses,
    values,
    schema,
  }: {
    readonly uses: { readonly name: string; readonly path: ValuePath };
    readonly values: readonly GivenValue[];
    readonly schema: z.ZodType;
  },
  scope: TypeScope,
): void {
  const known = memberNames(schema);
  const names = known ?? [];
  for (const { key, value, path } of values) {
    if (known !== undefined && !names.includes(key)) {
      context.report(context.source.keySpan(path), `${uses.name}: ${unknownKey(key, names)}`);
      continue;
    }
    checkValue(context, { value, path, schema: memberOf(schema, key) }, scope);
  }
  const missing = names.filter(
    (name) => !values.some(({ key }) => key === name) && memberOf(schema, name)?.safeParse(undefined).success === false,
  );
  if (missing.length === 0) return;
  const message = `${uses.name} needs ${missing.map((name) => `"${name}"`).join(" and ")} in "with"`;
  context.report(context.source.valueSpan(uses.path), message);
}

interface Value {
  readonly value: Json;
  readonly path: ValuePath;
  /** What the step kind takes there; undefined where it does not say. */
  readonly schema: z.ZodType | undefined;
}

function checkValue(context: PlanContext, { value, path, schema }: Value, scope: TypeScope): void {
  if (!hasExpression(value)) return checkLiteral(context, { value, path, schema });
  if (schema?.meta()?.["literal"] === true) {
    const message = `"${String(path.at(-1))}" has to be known before the run begins, so no expression can stand in it`;
    context.report(context.source.valueSpan(path), message);
    return;
  }
  if (typeof value === "string") {
    const type = context.checkTemplate({ path, text: value }, scope);
    const reason = whyNoFit(type, schema ?? z.unknown());
    if (reason !== undefined) context.report(context.source.valueSpan(path), `"${String(path.at(-1))}": ${reason}`);
    return;
  }
  for (const [key, member] of Object.entries(value ?? {})) {
    const segment = isJsonList(value) ? Number(key) : key;
    checkValue(context, { value: member, path: [...path, segment], schema: memberOf(schema, key) }, scope);
  }
}

function checkLiteral(context: PlanContext, { value, path, schema }: Value): void {
  const result = schema?.safeParse(value);
  if (result === undefined || result.success) return;
  const issues = issueDiagnostics(context.source, { error: result.error, value, base: path, keys: [] });
  for (const issue of issues) context.add(issue);
}

/** Checks the templates in a value that no schema is known for; no secret may be a member of it. */
export function checkMembers(
  context: PlanContext,
  { value, path }: { readonly value: Json; readonly path: ValuePath },
  scope: TypeScope,
): void {
  if (typeof value === "string" && value.includes("${{")) {
    const type = context.checkTemplate({ path, text: value }, scope);
    if (!holdsSecret(type)) return;
    const message = `${typeText(type)} is passed on as a whole, and is no member of anything`;
    context.report(context.source.valueSpan(path), message);
  }
  if (!isJsonList(value) && !isJsonMap(value)) return;
  for (const [key, member] of Object.entries(value)) {
    checkMembers(context, { value: member, path: [...path, isJsonList(value) ? Number(key) : key] }, scope);
  }
}

/** Whether `${{` stands anywhere in it. */
export function hasExpression(value: Json): boolean {
  if (typeof value === "string") return value.includes("${{");
  if (isJsonList(value)) return value.some(hasExpression);
  return isJsonMap(value) && Object.values(value).some(hasExpression);
}
