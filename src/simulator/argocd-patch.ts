import { z } from "zod";

import { digestOf } from "../platform/canonical-json.ts";
import { ApiError } from "./argocd-api-error.ts";

const JsonPatch = z.array(
  z.strictObject({
    op: z.enum(["add", "remove", "replace", "test"]),
    path: z.string(),
    value: z.unknown().optional(),
  }),
);

/** A JSON merge patch (RFC 7386): objects are merged, `null` removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** A JSON patch (RFC 6902) without `move` and `copy`; throws what Argo CD answers when it does not apply. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const operations = JsonPatch.safeParse(patch);
  if (!operations.success)
    throw new ApiError("unknown", "error unmarshaling patch: json: cannot unmarshal the operations");
  let patched: unknown = structuredClone(target);
  for (const { op, path, value } of operations.data) {
    const names = path
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (op === "test") requireValue(patched, names, { path, value });
    else patched = changed(patched, names, { op, path, value });
  }
  return patched;
}

function requireValue(target: unknown, names: readonly string[], test: { path: string; value: unknown }): void {
  let found = target;
  for (const name of names) found = isContainer(found) ? Reflect.get(found, name) : undefined;
  if (digestOf(found ?? null) === digestOf(test.value ?? null)) return;
  throw new ApiError("unknown", `error applying patch: testing value ${test.path} failed: test failed`);
}

interface Change {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value: unknown;
}

function changed(target: unknown, names: readonly string[], change: Change): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return change.value;
  const inner: unknown = isContainer(target) ? Reflect.get(target, name) : undefined;
  if (!isContainer(target) || (rest.length > 0 && inner === undefined)) {
    const problem = `${change.op} operation does not apply: doc is missing path: "${change.path}": missing value`;
    throw new ApiError("unknown", `error applying patch: ${problem}`);
  }
  if (rest.length > 0)
    return withMember(target, name, { ...change, op: "replace", value: changed(inner, rest, change) });
  return withMember(target, name, change);
}

function withMember(target: object, name: string, { op, value }: Change): unknown {
  if (Array.isArray(target)) {
    const index = name === "-" ? target.length : Number(name);
    return target.toSpliced(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
  }
  const copy: Record<string, unknown> = { ...target };
  if (op === "remove") Reflect.deleteProperty(copy, name);
  else copy[name] = value;
  return copy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
