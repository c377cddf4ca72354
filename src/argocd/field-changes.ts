import { canonicalJson } from "../platform/canonical-json.ts";

/** One place in an object that differs. A side that has nothing there is absent. */
export interface FieldChange {
  /** `spec.template.spec.containers[web].image` */
  readonly path: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const LONGEST_VALUE = 80;
const SHOWN_BEFORE_DIFFERENCE = 20;
const HIDDEN = "(hidden)";
const DEEPEST = 40;
// Argo CD masks Secrets only; passwords also stand in environment variables and ConfigMaps.
const SENSITIVE = /pass(?:word|wd)?$|secret|token|credential|private.?key|api.?key|connection.?string|dsn$/iu;

interface Place {
  readonly path: string;
  readonly hidden: boolean;
  readonly depth: number;
}

/**
 * Where two values differ, in the order of their keys. Lists of named things (containers, environment variables, ports) are matched by name.
 * Values are shortened for showing; those that look secret are not shown at all. `hideUnder` names top-level keys whose values are never shown.
 */
export function fieldChanges(from: unknown, to: unknown, hideUnder: readonly string[] = []): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  for (const key of keysOf(from, to)) {
    const place = { path: key, hidden: hideUnder.includes(key) || SENSITIVE.test(key), depth: 1 };
    compare(memberOf(from, key), memberOf(to, key), place, changes);
  }
  return changes;
}

function compare(from: unknown, to: unknown, place: Place, changes: FieldChange[]): void {
  if (from === to) return;
  if (place.depth < DEEPEST && isRecord(from) && isRecord(to)) {
    compareMembers(from, to, place, changes);
    return;
  }
  if (place.depth < DEEPEST && Array.isArray(from) && Array.isArray(to)) {
    compareMembers(byName(from), byName(to), place, changes);
    return;
  }
  if (from !== undefined && to !== undefined && canonicalJson(from) === canonicalJson(to)) return;
  const [before, after] = apart(shown(from, place), shown(to, place));
  changes.push({ path: place.path, from: before, to: after });
}

function compareMembers(from: Named, to: Named, place: Place, changes: FieldChange[]): void {
  const isList = from instanceof Map;
  // An environment variable says with its name whether its value is secret.
  for (const key of isList ? new Set([...from.keys(), ...namesOf(to)]) : keysOf(from, to)) {
    const path = isList ? `${place.path}[${key}]` : `${place.path}.${key}`;
    const below = { path, hidden: place.hidden || SENSITIVE.test(key), depth: place.depth + 1 };
    compare(memberOf(from, key), memberOf(to, key), below, changes);
  }
}

type Named = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

function namesOf(value: Named): readonly string[] {
  return value instanceof Map ? [...value.keys()] : Object.keys(value);
}

function byName(items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const names = items.map(nameOf);
  const unique = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return new Map(items.map((item, index) => [unique ? (names[index] ?? String(index)) : String(index), item]));
}

function nameOf(item: unknown): string | undefined {
  const name = memberOf(item, "name");
  return typeof name === "string" ? name : undefined;
}

function keysOf(from: unknown, to: unknown): readonly string[] {
  return [
    ...new Set([...(isRecord(from) ? Object.keys(from) : []), ...(isRecord(to) ? Object.keys(to) : [])]),
  ].toSorted();
}

function memberOf(value: unknown, key: string): unknown {
  if (value instanceof Map) return value.get(key);
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown, place: Place): string | undefined {
  if (value === undefined) return undefined;
  if (place.hidden || holdsSensitive(value)) return HIDDEN;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // The first digits of a digest tell it from others, and whole ones push the rest out of sight.
  return text.replaceAll(/\s+/gu, " ").replaceAll(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}/gu, "$1…");
}

/** Both sides cut to what fits; what they begin with in common is left out where the difference would not be seen otherwise. */
function apart(from: string | undefined, to: string | undefined): readonly [string | undefined, string | undefined] {
  if (from === undefined || to === undefined) return [from && cut(from, 0), to && cut(to, 0)];
  let same = 0;
  while (same < from.length && from[same] === to[same]) same += 1;
  const start = same < LONGEST_VALUE / 2 ? 0 : same - SHOWN_BEFORE_DIFFERENCE;
  const isLong = Math.max(from.length, to.length) > LONGEST_VALUE;
  return isLong ? [cut(from, start), cut(to, start)] : [from, to];
}

function cut(text: string, start: number): string {
  const rest = start === 0 ? text : `…${text.slice(start)}`;
  return rest.length <= LONGEST_VALUE ? rest : `${rest.slice(0, LONGEST_VALUE - 1)}…`;
}

// A whole subtree that was added or removed is shown as one value, so it is searched for what must not be shown.
function holdsSensitive(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSensitive);
  if (!isRecord(value)) return false;
  const { name } = value;
  if (typeof name === "string" && "value" in value && SENSITIVE.test(name)) return true;
  return Object.entries(value).some(([key, member]) => SENSITIVE.test(key) || holdsSensitive(member));
}
