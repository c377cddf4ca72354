import { isAlias, isMap, isScalar, isSeq, type Node, parse, Scalar, type ToStringOptions, type YAMLMap } from "yaml";

import type { Json } from "../platform/canonical-json.ts";

/** A piece of a text, and what takes its place. */
export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

// Nothing that means something inside brackets.
const PLAIN = /^[\w./][\w./@+=:~ -]*$/u;

export function replaced(text: string, { from, to, text: piece }: Replacement): string {
  return text.slice(0, from) + piece + text.slice(to);
}

/** A single value in the place of another one, quoted as that was; undefined where that takes more than a piece of a line. */
export function scalarInPlace(deps: {
  readonly text: string;
  readonly node: Node;
  readonly value: Json;
  readonly isJson: boolean;
}): Replacement | undefined {
  const { text, node, value, isJson } = deps;
  if (!isScalar(node) && !isAlias(node)) return undefined;
  const { range } = node;
  if (range === undefined || range === null || range[0] === range[1]) return undefined;
  if (text.slice(range[0], range[1]).includes("\n")) return undefined;
  const written = scalarText(value, isJson ? Scalar.QUOTE_DOUBLE : isScalar(node) ? node.type : Scalar.PLAIN);
  return written === undefined ? undefined : { from: range[0], to: range[1], text: written };
}

/** A further member at the end of a mapping that is written in lines; undefined where it is not, and for more than a single value. */
export function insertedMember(
  text: string,
  { parent, key, value }: { readonly parent: Node | undefined; readonly key: string; readonly value: Json },
): Replacement | undefined {
  if (!isMap(parent) || parent.flow === true) return undefined;
  const [name, written] = [scalarText(key, Scalar.PLAIN), scalarText(value, Scalar.PLAIN)];
  const members = extentOf(parent);
  if (name === undefined || written === undefined || members === undefined) return undefined;
  const { begin, end } = members;
  const indent = text.slice(text.lastIndexOf("\n", begin - 1) + 1, begin).replaceAll(/[^ ]/gu, " ");
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const at = lineEnd(text, end);
  return { from: at, to: at, text: `${newline}${indent}${name}: ${written}` };
}

/** Where the first member of a mapping begins, and the last one ends. */
function extentOf({ items }: YAMLMap): { readonly begin: number; readonly end: number } | undefined {
  const [first, last] = [items[0], items.at(-1)];
  const begin = rangeOf(first?.key)?.[0];
  const end = (rangeOf(last?.value) ?? rangeOf(last?.key))?.[1];
  return begin === undefined || end === undefined ? undefined : { begin, end };
}

/** Where the line ends that what ends at `end` is on: remarks behind it stay with it. */
function lineEnd(text: string, end: number): number {
  const line = text.indexOf("\n", Math.max(0, end - 1));
  const at = line < 0 ? text.length : line;
  return text[at - 1] === "\r" ? at - 1 : at;
}

/** How a text is written, as far as the parser can write so. */
export function textStyle(text: string): ToStringOptions {
  const indent = [...text.matchAll(/^( +)[^\s#-]/gmu)].map(([, spaces = ""]) => spaces.length);
  const isFlush = /^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n\1- /mu.test(text);
  const isPadded = /[[{] \S/u.test(text) || !/[[{]\S/u.test(text);
  return {
    lineWidth: 0,
    indent: Math.min(8, Math.max(1, indent.length === 0 ? 2 : Math.min(...indent))),
    indentSeq: !isFlush,
    flowCollectionPadding: isPadded,
  };
}

function rangeOf(node: unknown): Node["range"] {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
}

/** A single value on a single line; undefined for what is none. */
function scalarText(value: Json, type: string | undefined): string | undefined {
  if (typeof value === "object" && value !== null) return undefined;
  if (typeof value !== "string") return JSON.stringify(value);
  if (/[\p{Cc}\p{Zl}\p{Zp}\u0085\uFEFF]/u.test(value)) return undefined;
  if (type === Scalar.QUOTE_SINGLE) return `'${value.replaceAll("'", "''")}'`;
  if (type === Scalar.PLAIN && isPlain(value)) return value;
  return type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED ? undefined : JSON.stringify(value);
}

/** Whether a text without quotes is read as that text, by readers of YAML 1.1 too: `no`, `1e3` and `12:30` are something else to them. */
function isPlain(value: string): boolean {
  if (!PLAIN.test(value) || value.endsWith(" ")) return false;
  return (["1.1", "1.2"] as const).every((version) => readAs(value, version) === value);
}

function readAs(text: string, version: "1.1" | "1.2"): unknown {
  try {
    return parse(text, { version, logLevel: "error" });
  } catch {
    return undefined;
  }
}
