import { visible } from "../platform/visible-text.ts";

/** Markup that was written here, as opposed to text, which is always escaped. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Part = string | number | Html | readonly Html[];

/** A template whose texts are escaped, for content and for attributes in double quotes, and lose what hides or reorders. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + markupOf(parts[index] ?? "")).join(""));
}

/** Nothing at all. */
export const NOTHING = new Html("");

function markupOf(part: Part): string {
  if (part instanceof Html) return part.toString();
  return typeof part === "object" ? part.join("") : escape(String(part));
}

function escape(text: string): string {
  return visible(text).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
