import { canonicalJson } from "../platform/canonical-json.ts";
import type { Configuration } from "./configuration.ts";

/**
 * What is different between two configurations, in words and without any value: `environments: "prod" changed (approval)`.
 * Empty when both say the same.
 */
export function configurationChanges(before: Configuration, after: Configuration): readonly string[] {
  const earlier: Readonly<Record<string, unknown>> = { ...before };
  const later: Readonly<Record<string, unknown>> = { ...after };
  const sections = new Set([...Object.keys(earlier), ...Object.keys(later)]);
  return [...sections].flatMap((section) => {
    const [from, to] = [earlier[section], later[section]];
    if (isSame(from, to)) return [];
    const details = changesIn(from, to);
    return [details.length === 0 ? `${section} changed` : `${section}: ${details.join(", ")}`];
  });
}

/** The entries of a list have names, those of a map keys; of anything else it can only be said that it changed. */
function changesIn(before: unknown, after: unknown): readonly string[] {
  if (isNamedList(before) && isNamedList(after)) return namedChanges(before, after);
  if (!isMap(before) || !isMap(after)) return [];
  return keyChanges(before, after).map(({ key, how }) => (how === "changed" ? key : `${key} ${how}`));
}

interface Named {
  readonly name: string;
}

function namedChanges(before: readonly Named[], after: readonly Named[]): readonly string[] {
  const earlier = new Map(before.map((entry) => [entry.name, entry]));
  const changed = after.flatMap((entry) => {
    const known = earlier.get(entry.name);
    if (known === undefined) return [`"${entry.name}" added`];
    const keys = keyChanges({ ...known }, { ...entry }).map(({ key }) => key);
    return keys.length === 0 ? [] : [`"${entry.name}" changed (${keys.join(", ")})`];
  });
  const names = new Set(after.map(({ name }) => name));
  const removed = before.flatMap(({ name }) => (names.has(name) ? [] : [`"${name}" removed`]));
  const order = isReordered(before, after) ? ["order changed"] : [];
  return [...changed, ...removed, ...order];
}

/** Whether those that stayed are in another order. */
function isReordered(before: readonly Named[], after: readonly Named[]): boolean {
  const stayed = (these: readonly Named[], those: readonly Named[]): readonly string[] => {
    const others = new Set(those.map(({ name }) => name));
    return these.flatMap(({ name }) => (others.has(name) ? [name] : []));
  };
  return !isSame(stayed(before, after), stayed(after, before));
}

interface KeyChange {
  readonly key: string;
  readonly how: "added" | "changed" | "removed";
}

function keyChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly KeyChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => !isSame(before[key], after[key]))
    .map((key) => {
      if (before[key] === undefined) return { key, how: "added" };
      return { key, how: after[key] === undefined ? "removed" : "changed" };
    });
}

function isSame(left: unknown, right: unknown): boolean {
  return canonicalJson(left ?? null) === canonicalJson(right ?? null);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.every((entry: unknown) => isMap(entry) && typeof entry["name"] === "string");
}
