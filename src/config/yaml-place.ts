import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";

import { type PathStep, valuePathText } from "./value-path.ts";

/** Where a way through a document leads. */
export type YamlPlace =
  | {
      readonly kind: "found";
      readonly node: Node;
      /** The pair of the mapping that holds it; undefined for an entry of a list. */
      readonly pair: Pair | undefined;
      /** The way as the parser takes it. */
      readonly keys: readonly unknown[];
    }
  | {
      readonly kind: "missing";
      /** The last node on the way that is there; undefined for an empty document. */
      readonly parent: Node | undefined;
      readonly keys: readonly unknown[];
      /** The index of the first step that leads nowhere. */
      readonly at: number;
    }
  /** It leads through `*name`, where a change would be one of something else. */
  | { readonly kind: "alias"; readonly at: number; readonly name: string };

export function yamlPlace(document: Document.Parsed, steps: readonly PathStep[]): YamlPlace {
  let node: Node | undefined = document.contents ?? undefined;
  let pair: Pair | undefined;
  const keys: unknown[] = [];
  for (const [at, step] of steps.entries()) {
    if (isAlias(node)) return { kind: "alias", at, name: node.source };
    const child = childOf(node, step);
    if (child === undefined) return { kind: "missing", parent: node, keys, at };
    ({ node, pair } = child);
    keys.push(child.key);
  }
  if (node === undefined) return { kind: "missing", parent: undefined, keys, at: steps.length - 1 };
  return { kind: "found", node, pair, keys };
}

/** The keys, or the number of entries, that are where a step leads nowhere. */
export function choicesAt(parent: Node | undefined, steps: readonly PathStep[], at: number): string {
  const where = at === 0 ? "the file" : valuePathText(steps, at - 1);
  if (isMap(parent)) {
    const names = parent.items.map(({ key }) => keyText(key) ?? "?");
    const shown = names.slice(0, 10).join(", ");
    return `${where} has ${shown === "" ? "nothing" : shown}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`;
  }
  if (isSeq(parent)) return `${where} is a list of ${parent.items.length}`;
  return `${where} holds one value and nothing below it`;
}

interface Child {
  readonly node: Node;
  readonly pair: Pair | undefined;
  readonly key: unknown;
}

function childOf(node: Node | undefined, step: PathStep): Child | undefined {
  switch (step.kind) {
    case "key":
      return isMap(node) ? member(node, step.key) : undefined;
    case "index":
      return isSeq(node) ? entry(node.items[step.index], step.index) : undefined;
    case "entry": {
      if (!isSeq(node)) return undefined;
      const index = node.items.findIndex(
        (item) => isMap(item) && scalarText(member(item, step.key)?.node) === step.value,
      );
      return entry(node.items[index], index);
    }
  }
}

function member(map: YAMLMap, key: string): Child | undefined {
  const pair = map.items.find((item) => keyText(item.key) === key);
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  return isNode(pair.value) ? { node: pair.value, pair, key: pair.key.value } : undefined;
}

function entry(item: unknown, index: number): Child | undefined {
  return isNode(item) ? { node: item, pair: undefined, key: index } : undefined;
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function scalarText(node: Node | undefined): string | undefined {
  return isScalar(node) ? String(node.value) : undefined;
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}
