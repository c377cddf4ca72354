export type LooseObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is LooseObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text under a key; undefined for anything else. */
export function textIn(from: LooseObject, key: string): string | undefined {
  const value = from[key];
  return typeof value === "string" ? value : undefined;
}

/** The list under a key; empty for anything else. */
export function listIn(from: LooseObject, key: string): readonly unknown[] {
  const value: unknown = from[key];
  return Array.isArray(value) ? value : [];
}
