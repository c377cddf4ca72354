interface Chance {
  readonly fraction: () => number;
  readonly word: () => string;
}

type Container = Record<string, unknown> | unknown[];

/** The JSON text with one of its values changed, moved, doubled or taken away; undefined for a text that is no JSON with anything in it. */
export function mutateJson(text: string, chance: Chance): string | undefined {
  const root = tryContainer(text);
  if (root === undefined) return undefined;
  const places: { readonly parent: Container; readonly key: string }[] = [];
  collect(root, places, 0);
  const place = places[Math.floor(chance.fraction() * places.length)];
  if (place === undefined) return undefined;
  change(place.parent, place.key, chance);
  try {
    return JSON.stringify(root);
  } catch {
    // What was put into itself.
    return undefined;
  }
}

function tryContainer(text: string): Container | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isContainer(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

const DEEPEST = 100;

function collect(container: Container, places: { parent: Container; key: string }[], depth: number): void {
  for (const [key, value] of Object.entries(container)) {
    places.push({ parent: container, key });
    if (isContainer(value) && depth < DEEPEST) collect(value, places, depth + 1);
  }
}

function change(parent: Container, key: string, chance: Chance): void {
  const { fraction, word } = chance;
  const value: unknown = Reflect.get(parent, key);
  const choice = fraction();
  if (choice < 0.15) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else if (choice < 0.3) Reflect.set(parent, Array.isArray(parent) ? parent.length : word() || "x", value);
  else if (choice < 0.45 && typeof value === "string") Reflect.set(parent, key, changedText(value, chance));
  else Reflect.set(parent, key, another(value, chance));
}

function changedText(text: string, { fraction, word }: Chance): string {
  const at = Math.floor(fraction() * (text.length + 1));
  return text.slice(0, at) + word() + text.slice(at + Math.floor(fraction() * 3));
}

function another(value: unknown, { fraction, word }: Chance): unknown {
  const values: readonly (() => unknown)[] = [
    () => [],
    () => ({}),
    () => null,
    () => "",
    () => word(),
    () => word().repeat(1 + Math.floor(fraction() ** 3 * 3000)),
    () => 0,
    () => -1,
    () => 1e308,
    () => 0.1,
    () => 2 ** 53,
    () => true,
    () => [value],
    () => [value, value],
    () => ({ [word()]: value }),
    () => (Array.isArray(value) ? value[0] : [null]),
    () => JSON.stringify(value),
    () => (typeof value === "string" ? Number(value) : "1"),
    () => nested(1 + Math.floor(fraction() ** 3 * 1000)),
    () => (Array.isArray(value) ? Array.from({ length: 300 }, () => value[0] ?? null) : "x".repeat(3001)),
  ];
  return values[Math.floor(fraction() * values.length)]?.();
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
