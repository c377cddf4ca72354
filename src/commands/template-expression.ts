import { parseTemplate } from "../expressions/template.ts";

/** A text with `${{ }}` in it as one CEL expression. */
export function templateExpression(text: string): string {
  const template = parseTemplate(text);
  const parts = template.ok ? template.parts : [];
  const [only] = parts;
  if (parts.length === 1 && only?.kind === "expression") return only.text;
  return parts.map((part) => (part.kind === "text" ? celText(part.text) : `string(${part.text})`)).join(" + ");
}

/** A text as a template that gives exactly it, also where `${{` stands in it. */
export function literalTemplate(text: string): string {
  return text.includes("${{") ? `\${{ ${celText(text)} }}` : text;
}

function celText(text: string): string {
  return `'${text.replaceAll(/[\\']/gu, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}'`;
}
