import { type Document, isScalar, LineCounter, parseAllDocuments, parseDocument, visit } from "yaml";

import { canonicalJson } from "../platform/canonical-json.ts";
import { findDeepYaml } from "../platform/deep-yaml.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { findLongLine } from "../platform/long-line.ts";
import { withoutStacks } from "../platform/without-stacks.ts";
import { yamlMistake } from "../platform/yaml-mistake.ts";
import { type Replacement, replaced, textStyle } from "./yaml-splice.ts";

/** Which of several documents of a file is meant, by members that Kubernetes objects have. */
export interface DocumentChoice {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

/** What it does to the text where it can, and to the document in any case. */
export interface YamlChange {
  readonly splice: (text: string, document: Document.Parsed) => Replacement | undefined;
  readonly apply: (document: Document.Parsed) => void;
  readonly document: DocumentChoice | undefined;
}

const LARGEST_CHARACTERS = 256 * 1024;
const LONGEST_LINE = 20_000;

/** The changed text, read again and compared: a change in the text counts when it means what the change of the document means. */
export function changedYaml(text: string, { splice, apply, document: choice }: YamlChange): string {
  const before = yamlDocuments(text);
  const index = chosen(before, choice);
  const document = before[index];
  if (document === undefined) throw refused("broken", "there is nothing in it");
  // What cannot be read whole, such as an alias without its anchor, cannot be compared afterwards.
  dataOf(before);
  const replacement = splice(text, document);
  apply(document);
  const wanted = dataOf(before);
  const spliced = replacement === undefined ? undefined : replaced(text, replacement);
  if (spliced !== undefined && means(spliced, wanted)) return spliced;
  const written = rewritten(text, before);
  if (means(written, wanted)) return written;
  throw refused("broken", "the change cannot be written without changing something else");
}

function means(text: string, wanted: string): boolean {
  try {
    return dataOf(yamlDocuments(text)) === wanted;
  } catch {
    return false;
  }
}

/** The text anew, with what can be kept of how it looked. */
function rewritten(text: string, documents: readonly Document.Parsed[]): string {
  if (isJson(text)) {
    const indent = /^[{[]\r?\n([ \t]+)/u.exec(text)?.[1] ?? "";
    return `${JSON.stringify(documents[0]?.toJS(), undefined, indent)}${text.endsWith("\n") ? "\n" : ""}`;
  }
  const style = textStyle(text);
  const written = documents.map((document) => document.toString(style)).join("");
  return text.includes("\r\n") ? written.replaceAll(/\r?\n/gu, "\r\n") : written;
}

/** The documents of a text. Throws `yaml.broken` and `yaml.too-large`. */
export function yamlDocuments(text: string): readonly Document.Parsed[] {
  if (text.length > LARGEST_CHARACTERS) {
    throw refused(
      "too-large",
      `it has ${text.length} characters, and something is set in at most ${LARGEST_CHARACTERS}`,
    );
  }
  const isDeep = findDeepYaml(text, { brackets: 200, spaces: 200 }) !== undefined;
  if (isDeep || findLongLine(text, LONGEST_LINE) !== undefined)
    throw refused("broken", "it is nested too deeply, or has a line too long");
  const lineCounter = new LineCounter();
  // What makes an error pretty takes the time of the whole text for each of them, and what compares keys that of their square.
  const options = { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: "error" } as const;
  const parsed = withoutStacks(() => parseAllDocuments(text, options));
  const documents = parsed.length === 0 ? [parseDocument(text, options)] : parsed;
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) {
    const what = yamlMistake(error.code) ?? error.message.split("\n")[0] ?? "";
    throw refused("broken", `it cannot be read, line ${lineCounter.linePos(error.pos[0]).line}: ${what}`);
  }
  for (const document of documents) refuseRepeated(document);
  return documents;
}

function refuseRepeated(document: Document.Parsed): void {
  visit(document, {
    Map: (_key, { items }) => {
      const known = new Set<string>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name !== undefined && known.has(name))
          throw refused("broken", `it has the key "${name}" twice in one place`);
        if (name !== undefined) known.add(name);
      }
    },
  });
}

function chosen(documents: readonly Document.Parsed[], choice: DocumentChoice | undefined): number {
  if (choice === undefined && documents.length === 1) return 0;
  const fitting = documents.flatMap((document, index) => (fits(document, choice) ? [index] : []));
  const [index, another] = fitting;
  if (index !== undefined && another === undefined) return index;
  const wanted = choice === undefined ? "" : ` with ${[choice.kind, choice.name].filter(Boolean).join(" ")}`;
  const what = `it has ${fitting.length} documents${wanted}`;
  throw refused("which-document", `${what}. Say under "document" which one is meant, by kind and name`);
}

function fits(document: Document.Parsed, choice: DocumentChoice | undefined): boolean {
  if (document.contents === null) return false;
  if (choice === undefined) return true;
  const { kind, name } = choice;
  return (
    (kind === undefined || document.get("kind") === kind) &&
    (name === undefined || document.getIn(["metadata", "name"]) === name)
  );
}

function dataOf(documents: readonly Document.Parsed[]): string {
  try {
    return canonicalJson(documents.map((document) => comparable(document.toJS())));
  } catch (error) {
    throw refused("broken", `it cannot be read: ${errorText(error)}`);
  }
}

/** What JSON cannot carry, as text. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_key, each: unknown) =>
      typeof each === "bigint" || (typeof each === "number" && !Number.isFinite(each)) ? `number ${each}` : each,
    ),
  );
}

/** Whether a text is JSON, which YAML is as well. */
export function isJson(text: string): boolean {
  return /^\s*[{[]/u.test(text) && tryParse(text);
}

function tryParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function refused(code: string, why: string): AppError {
  return new AppError(why, { code: `yaml.${code}` });
}
