import type { Environment } from "@marcbachmann/cel-js";

/**
 * Everything that an expression may call. What is not here is left out on purpose: `matches` and `split` because a small
 * text can make them slow, `cel.bind` because it doubles a value with every use, times because expressions are pure.
 */
export const CALLABLE: ReadonlySet<string> = new Set([
  "upTo",
  "short",
  "has",
  "size",
  "string",
  "int",
  "double",
  "bool",
  "all",
  "exists",
  "exists_one",
  "filter",
  "map",
  "contains",
  "startsWith",
  "endsWith",
  "indexOf",
  "substring",
  "lowerAscii",
  "upperAscii",
  "trim",
  "join",
]);

/** The calls that evaluate one of their arguments for each item of a list. */
export const LOOPS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter", "map"]);

const SHORT_SHA_LENGTH = 7;

/**
 * Adds Quarterdeck's own functions.
 * `upTo(list, item)`: the beginning of a list, up to and including the item with the same name as `item`.
 * `short(text)`: the first seven characters, as commits are usually shown.
 */
export function addFunctions(environment: Environment): Environment {
  return environment
    .registerFunction("upTo(list<T>, T): list<T>", upTo)
    .registerFunction("short(string): string", (text: string) => text.slice(0, SHORT_SHA_LENGTH));
}

function upTo(list: readonly unknown[], item: unknown): readonly unknown[] {
  const wanted = nameOf(item);
  const index = list.findIndex((candidate) => nameOf(candidate) === wanted);
  if (index === -1) {
    throw new RangeError(
      `upTo: "${String(wanted)}" is not in the list ${list.map((one) => String(nameOf(one))).join(", ")}`,
    );
  }
  return list.slice(0, index + 1);
}

function nameOf(value: unknown): unknown {
  if (value instanceof Map) return value.get("name");
  // A map written in the expression itself is a plain object.
  return typeof value === "object" && value !== null && "name" in value ? value.name : value;
}
