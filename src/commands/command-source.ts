import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode } from "yaml";

import type { Diagnostic } from "../platform/diagnostic.ts";

/** A mistake in a command file, with the line it stands in and how many characters of it are meant. */
export interface CommandDiagnostic extends Diagnostic {
  readonly excerpt: string;
  readonly length: number;
}

/** A place in a file: offset and length in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Where a value stands in a parsed file: keys of maps and indexes of lists. */
export type ValuePath = readonly PropertyKey[];

/** The text of a command file, for pointing at places in it. */
export class CommandSource {
  readonly file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  #document: Document.Parsed | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/gu)) this.#lines.addNewLine(index + 1);
  }

  /** From now on paths are looked up in this document, which was parsed from the same text. */
  adopt(document: Document.Parsed): void {
    this.#document = document;
  }

  diagnostic(span: Span, message: string): CommandDiagnostic {
    const { line, col } = this.#lines.linePos(Math.min(span.offset, this.#text.length));
    const start = span.offset - col + 1;
    const end = this.#text.indexOf("\n", start);
    const excerpt = this.#text.slice(start, end === -1 ? undefined : end).trimEnd();
    const length = Math.max(1, Math.min(span.length, excerpt.length - col + 1));
    return { file: this.file, line, column: col, message, excerpt, length };
  }

  /** The place of the value at `path`, or of the nearest value around it that exists. */
  valueSpan(path: ValuePath): Span {
    const range = this.#find(path)?.range;
    return range === undefined || range === null ? { offset: 0, length: 1 } : spanOfRange(range);
  }

  /** The place of the key that is the last part of `path`. */
  keySpan(path: ValuePath): Span {
    const map = this.#find(path.slice(0, -1));
    const wanted = String(path.at(-1));
    const pair = isMap(map) ? map.items.find(({ key }) => isScalar(key) && String(key.value) === wanted) : undefined;
    const range = isScalar(pair?.key) ? pair.key.range : undefined;
    return range === undefined || range === null ? this.valueSpan(path) : spanOfRange(range);
  }

  /** The place of a part of the string value at `path`; the whole value where escapes or folding hide the part. */
  textSpan(path: ValuePath, value: string, part: Span): Span {
    const whole = this.valueSpan(path);
    const source = this.#text.slice(whole.offset, whole.offset + whole.length);
    const wanted = value.slice(part.offset, part.offset + part.length);
    if (wanted === "") return whole;
    const earlier = value.slice(0, part.offset).split(wanted).length - 1;
    let at = source.indexOf(wanted);
    for (let skipped = 0; skipped < earlier && at !== -1; skipped += 1) at = source.indexOf(wanted, at + 1);
    return at === -1 ? whole : { offset: whole.offset + at, length: wanted.length };
  }

  #find(path: ValuePath): Node | undefined {
    let node: Node | undefined = this.#document?.contents ?? undefined;
    for (const segment of path) {
      const child = childOf(node, segment);
      if (child === undefined) return node;
      node = child;
    }
    return node;
  }
}

function childOf(node: Node | undefined, segment: PropertyKey): Node | undefined {
  if (isSeq<ParsedNode>(node) && typeof segment === "number") return node.items[segment];
  if (!isMap<ParsedNode, ParsedNode | null>(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))?.value ?? undefined;
}

function spanOfRange([start, end]: readonly [number, number, number]): Span {
  return { offset: start, length: Math.max(1, end - start) };
}
