import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";

import type { Diagnostic } from "../platform/diagnostic.ts";
import { findDeepYaml } from "../platform/deep-yaml.ts";
import { findLongLine } from "../platform/long-line.ts";
import { withoutStacks } from "../platform/without-stacks.ts";
import { yamlMistake } from "../platform/yaml-mistake.ts";

/** The way from the top of a file to one of its values: `["services", 0, "name"]`. */
export type DataPath = readonly PropertyKey[];

/** A YAML text as plain data, with the place of everything in it. */
export interface YamlDocument {
  readonly value: unknown;
  /** The place of a value, or of the nearest thing around it when it is not there. `key` points at the key instead. */
  placeOf(path: DataPath, part?: "key" | "value"): { readonly line: number; readonly column: number };
}

export type YamlResult =
  | { readonly kind: "parsed"; readonly document: YamlDocument }
  | { readonly kind: "broken"; readonly diagnostics: readonly Diagnostic[] };

const LARGEST_CHARACTERS = 1_000_000;
// What can be wrong ten thousand times in one line keeps the parser busy for that long.
const LONGEST_LINE = 5000;
const DEEPEST = 40;
// Brackets in texts and remarks count as well, and texts may stand far to the right.
const MOST_BRACKETS = 100;
const MOST_SPACES = 200;
const TOO_DEEP = `the file is nested too deeply; at most ${DEEPEST} levels are read`;
// Aliases may repeat content, but not multiply it without bound.
const MOST_NODES = 200_000;

/**
 * Reads one YAML 1.2 document: maps with string keys, each key once, no tags, no merge keys. Never throws; hostile text
 * (deep, huge, aliases of aliases) ends in a diagnostic.
 */
export function readYaml(source: { readonly text: string; readonly file: string }): YamlResult {
  const { text, file } = source;
  if (text.length > LARGEST_CHARACTERS) {
    const message = `the file has ${text.length} characters; at most ${LARGEST_CHARACTERS} are read`;
    return { kind: "broken", diagnostics: [{ file, line: 1, column: 1, message }] };
  }
  const longLine = findLongLine(text, LONGEST_LINE);
  if (longLine !== undefined) {
    const message = `this line has more than ${LONGEST_LINE} characters; write it on several`;
    return { kind: "broken", diagnostics: [{ file, line: longLine.line, column: 1, message }] };
  }
  if (findDeepYaml(text, { brackets: MOST_BRACKETS, spaces: MOST_SPACES }) !== undefined) {
    return { kind: "broken", diagnostics: [{ file, line: 1, column: 1, message: TOO_DEEP }] };
  }
  const lines = new LineCounter();
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = withoutStacks(() =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // Compared by the walk below: the parser's own comparison takes the square of the number of keys.
      uniqueKeys: false,
      resolveKnownTags: false,
      logLevel: "error",
    }),
  );
  const faults = syntaxFaults([...document.errors, ...document.warnings], text);
  const walk = new Walk();
  const value = faults.length > 0 ? undefined : walk.plain(document.contents, 0);
  faults.push(...walk.faults);
  if (faults.length > 0) {
    const diagnostics = faults.slice(0, 50).map(({ offset, message }): Diagnostic => {
      const { line, column } = place(offset);
      return { file, line, column, message };
    });
    return { kind: "broken", diagnostics };
  }
  const placeOf: YamlDocument["placeOf"] = (path, part = "value") => place(offsetOf(document, path, part));
  return { kind: "parsed", document: { value, placeOf } };
}

/** Turns nodes into plain data and collects what is not allowed. */
class Walk {
  readonly faults: { offset: number; message: string }[] = [];
  // Looking an anchor up through the parser takes the whole document each time.
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;

  plain(node: unknown, depth: number): unknown {
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) return this.#fault(node, `the file holds more than ${MOST_NODES} values`);
    if (depth > DEEPEST) return this.#fault(node, `this is nested too deeply; at most ${DEEPEST} levels are read`);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) return this.#fault(node, `there is no anchor &${node.source} above this line`);
      return this.plain(target, depth + 1);
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) this.#remember(node);
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.plain(item, depth + 1));
    return isScalar(node) ? node.value : null;
  }

  #map(node: YAMLMap, depth: number): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      const name = keyText(key);
      if (name === undefined) this.#fault(key, "a key is a single word or text here");
      else if (entries.has(name))
        this.#fault(key, `the key "${name}" stands here for the second time; keep one of them`);
      else entries.set(name, this.plain(value, depth + 1));
      if (this.#nodes > MOST_NODES) break;
    }
    return Object.fromEntries(entries);
  }

  #remember(node: Node): void {
    if ("anchor" in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #fault(node: unknown, message: string): undefined {
    // One report is enough for a limit that every further value would break as well.
    if (this.faults.at(-1)?.message !== message) this.faults.push({ offset: startOf(node), message });
  }
}

function offsetOf(document: Document.Parsed, path: DataPath, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [index, member] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const found = childOf(node, member);
    if (found === undefined) return offset;
    node = found.value;
    const wantsKey = part === "key" && index === path.length - 1;
    offset = wantsKey || startOf(node) === 0 ? found.offset : startOf(node);
  }
  return offset;
}

function childOf(node: unknown, member: PropertyKey): { readonly value: unknown; readonly offset: number } | undefined {
  if (isSeq(node) && typeof member === "number" && member < node.items.length) {
    return { value: node.items[member], offset: startOf(node.items[member]) };
  }
  if (!isMap(node)) return undefined;
  const pair: Pair | undefined = node.items.find((item) => keyText(item.key) === member);
  return pair && { value: pair.value, offset: startOf(pair.key) };
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.source ?? String(key.value);
}

function startOf(node: unknown): number {
  return isNodeWithRange(node) ? (node.range?.[0] ?? 0) : 0;
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "range" in node;
}

function syntaxFaults(errors: readonly YAMLError[], text: string): { offset: number; message: string }[] {
  // After the first mistake the parser no longer knows where it is, and most of what follows is no mistake at all.
  return errors
    .toSorted((left, right) => left.pos[0] - right.pos[0])
    .slice(0, 1)
    .map((error) => ({ offset: error.pos[0], message: syntaxMessage(error, text) }));
}

/** Whether an expression stands behind a bracket or comma without quotes between them. */
function hasBareExpression(line: string): boolean {
  return line.split(/["']/u).some((piece) => {
    const bracket = piece.search(/[{,]/u);
    return bracket !== -1 && piece.lastIndexOf("${{") > bracket;
  });
}

function syntaxMessage(error: YAMLError, text: string): string {
  const start = text.lastIndexOf("\n", error.pos[0] - 1) + 1;
  const line = text.slice(start, text.indexOf("\n", error.pos[0]) + 1 || undefined);
  if (hasBareExpression(line)) return 'inside { } and [ ] an expression stands in quotes: "${{ secrets.NAME }}"';
  if (error.code === "BAD_ALIAS" || /\*/u.test(line.trim().slice(0, 1)))
    return `${error.message}; a * stands in quotes here`;
  return yamlMistake(error.code) ?? error.message;
}
