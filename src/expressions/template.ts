import type { ExpressionProblem } from "./expression-problem.ts";

/** A piece of a string: plain text, or an expression with its place in the string (offsets of its text, white space outside). */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string; readonly offset: number };

export type Template =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly problem: ExpressionProblem };

const OPEN = "${{";

/**
 * Takes a string apart at its `${{ }}`. The end of an expression is the first `}}` that is neither in a CEL string nor
 * closes a map, so `${{ {'a': {'b': 1}} }}` is one expression.
 */
export function parseTemplate(source: string): Template {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (let open = source.indexOf(OPEN); open !== -1; open = source.indexOf(OPEN, at)) {
    const start = open + OPEN.length;
    const end = endOfExpression(source, start);
    if (end === undefined) {
      const message = 'this "${{" has no "}}" that closes it';
      return { ok: false, problem: { message, offset: open, length: OPEN.length } };
    }
    if (open > at) parts.push({ kind: "text", text: source.slice(at, open) });
    const inner = source.slice(start, end);
    const indent = inner.length - inner.trimStart().length;
    parts.push({ kind: "expression", text: inner.trim(), offset: start + (inner.trim() === "" ? 0 : indent) });
    at = end + 2;
  }
  if (at < source.length) parts.push({ kind: "text", text: source.slice(at) });
  return { ok: true, parts };
}

/** The expression of a string that is `${{ }}` and nothing around it; any other string is taken for a bare expression. */
export function bareExpression(source: string): string {
  if (!source.includes(OPEN)) return source.trim();
  const template = parseTemplate(source.trim());
  const [part, ...rest] = template.ok ? template.parts : [];
  return part?.kind === "expression" && rest.length === 0 ? part.text : source.trim();
}

function endOfExpression(source: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === "'" || char === '"') at = endOfString(source, at);
    else if (char === "{") depth += 1;
    else if (char === "}" && depth > 0) depth -= 1;
    else if (char === "}" && source[at + 1] === "}") return at;
  }
  return undefined;
}

/** The index of the quote that closes the CEL string opened at `start`; the end of the source when none does. */
function endOfString(source: string, start: number): number {
  const quote = source.charAt(start);
  const delimiter = source.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + delimiter.length; at < source.length; at += 1) {
    if (source[at] === "\\") at += 1;
    else if (source.startsWith(delimiter, at)) return at + delimiter.length - 1;
  }
  return source.length;
}
