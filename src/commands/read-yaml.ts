import { type Document, isScalar, parseDocument, type Range, visit, type YAMLError } from "yaml";

import { findDeepYaml } from "../platform/deep-yaml.ts";
import { findLongLine } from "../platform/long-line.ts";
import { withoutStacks } from "../platform/without-stacks.ts";
import { yamlMistake } from "../platform/yaml-mistake.ts";
import type { CommandDiagnostic, CommandSource, Span } from "./command-source.ts";

export type YamlReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly diagnostics: readonly CommandDiagnostic[] };

/** Limits within which parsing takes milliseconds; no command that a person can read comes near them. */
const LARGEST_FILE = 32_768;
const LONGEST_LINE = 5000;
const MOST_ENTRIES = 1500;
const DEEPEST_INDENT = 80;
const DEEPEST_BRACKETS = 60;
const MOST_REPORTED = 20;

/** Parses the text of `source` strictly (YAML 1.2, one document, no unknown tags) and leaves the places of values in it. */
export function readYaml(source: CommandSource, text: string): YamlReading {
  const refusal = findExcess(text);
  if (refusal !== undefined) return { ok: false, diagnostics: [source.diagnostic(refusal.span, refusal.message)] };
  const options = { prettyErrors: false, stringKeys: true, logLevel: "error" } as const;
  const document = withoutStacks(() => parseDocument(text, options));
  const mistakes = [...document.errors, ...document.warnings].slice(0, MOST_REPORTED);
  if (mistakes.length > 0) {
    const described = mistakes.map((mistake) => describe(source, text, mistake));
    return { ok: false, diagnostics: firstOfEachLine(described) };
  }
  const unwanted = findUnwanted(document);
  if (unwanted !== undefined) return { ok: false, diagnostics: [source.diagnostic(unwanted.span, unwanted.message)] };
  source.adopt(document);
  return { ok: true, value: document.toJS({ maxAliasCount: 0 }) };
}

/**
 * Valid YAML that no command file has: aliases, which can repeat each other without end, and the one key that JavaScript
 * takes for something else, which would vanish without a word.
 */
function findUnwanted(document: Document): Excess | undefined {
  let found: Excess | undefined;
  visit(document, {
    Alias(_, { range }) {
      found = { span: spanOf(range), message: ALIAS_MESSAGE };
      return visit.BREAK;
    },
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== "__proto__") return undefined;
      found = { span: spanOf(key.range), message: 'unknown key "__proto__"' };
      return visit.BREAK;
    },
  });
  return found;
}

function spanOf(range: Range | null | undefined): Span {
  const [offset, end] = range ?? [0, 1];
  return { offset, length: end - offset };
}

interface Excess {
  readonly span: Span;
  readonly message: string;
}

/** What would make the parser slow: its running time grows with the square of some of these. */
function findExcess(text: string): Excess | undefined {
  if (text.length > LARGEST_FILE) {
    const message = `a command file has at most ${LARGEST_FILE} characters, this one has ${text.length}`;
    return { span: { offset: LARGEST_FILE, length: 1 }, message };
  }
  const entries = text.split(/[\n,]/u).length;
  if (entries > MOST_ENTRIES) {
    return { span: { offset: 0, length: 1 }, message: `a command file has at most ${MOST_ENTRIES} lines and commas` };
  }
  const offset = findDeepYaml(text, { brackets: DEEPEST_BRACKETS, spaces: DEEPEST_INDENT });
  if (offset !== undefined) return { span: { offset, length: 1 }, message: "this is nested too deeply" };
  const longLine = findLongLine(text, LONGEST_LINE);
  const message = `a line has at most ${LONGEST_LINE} characters; write this one on several`;
  return longLine && { span: { offset: longLine.offset, length: 1 }, message };
}

const ALIAS_MESSAGE =
  "aliases (*name) are not used in command files; write it out, or put a text that begins with * in quotes";

// What follows in the same line follows from the first.
function firstOfEachLine(diagnostics: readonly CommandDiagnostic[]): readonly CommandDiagnostic[] {
  return diagnostics.filter(({ line }, index) => diagnostics.findIndex((earlier) => earlier.line === line) === index);
}

function describe(source: CommandSource, text: string, mistake: YAMLError): CommandDiagnostic {
  const [start, end] = mistake.pos;
  const found = text.slice(start, end);
  const known = mistake.code === "TAG_RESOLVE_FAILED" ? tagMessage(found) : yamlMistake(mistake.code);
  return source.diagnostic({ offset: start, length: Math.max(1, end - start) }, known ?? plain(mistake.message));
}

function tagMessage(found: string): string {
  return `"${found}" is a YAML tag, and there are none here; an expression that begins with ! is written \${{ !... }}`;
}

function plain(message: string): string {
  return `this is no YAML: ${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;
}
