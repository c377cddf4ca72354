import { ParseError, TypeError as CelTypeError } from "@marcbachmann/cel-js";

import { didYouMean } from "../platform/did-you-mean.ts";

/** A mistake in an expression: what and where. `offset` and `length` count UTF-16 units of the expression's text. */
export interface ExpressionProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  /** Set when a name does not exist: the name, and the value that has no such field (none for a variable). */
  readonly unknown?: { readonly name: string; readonly of?: string };
}

const PARSE_MESSAGES: Readonly<Record<string, string>> = {
  unterminated_string: "this text has no closing quote",
  unterminated_triple_quoted_string: "this text has no closing quotes",
  limit_exceeded: "the expression is too long or too deep; take it apart",
};

/** What the CEL library found wrong, in words; undefined when it was thrown by something else. */
export function celProblem(thrown: unknown, text: string): ExpressionProblem | undefined {
  if (!(thrown instanceof ParseError) && !(thrown instanceof CelTypeError)) return undefined;
  const { start, end } = thrown.range ?? { start: 0, end: text.length };
  const offset = Math.min(start, text.length);
  return { message: celMessage(thrown, text.slice(start, end)), offset, length: Math.max(1, end - start) };
}

function celMessage(error: ParseError | CelTypeError, found: string): string {
  if (error.summary.endsWith(": EOF")) return "the expression ends too early";
  const known = PARSE_MESSAGES[error.code];
  if (known !== undefined) return known;
  if (/^unexpected character: =$/iu.test(error.summary)) return "one = is not expected here; two compare: ==";
  if (error.code === "no_such_overload") return `${celSummary(error)}. To join other values to text, use string(...)`;
  const call = /^found no matching overload for '(.+)\((.*)\)'$/u.exec(error.summary);
  if (call !== null) return `${call[1] ?? "it"} does not take (${call[2] ?? ""})`;
  if (error.code === "unexpected_token") return `"${found}" is not expected here`;
  return celSummary(error);
}

function celSummary(error: ParseError | CelTypeError): string {
  return error.summary.slice(0, 1).toLowerCase() + error.summary.slice(1);
}

/** `there is no "servic" here. Did you mean "service"?`, or all that there is when nothing is near. */
export function noSuch(what: string, typed: string, known: readonly string[]): string {
  const near = didYouMean(typed, known);
  if (near !== undefined) return `${what} "${typed}". Did you mean "${near}"?`;
  return known.length === 0 ? `${what} "${typed}"` : `${what} "${typed}". There is: ${known.join(", ")}`;
}
