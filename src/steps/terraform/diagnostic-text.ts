import type { Diagnostic } from "./stream-message.ts";

const LONGEST = 400;
const MOST_ERRORS = 3;

/** `Unclosed configuration block (bad.tf:1): There is no closing brace ...`, on one line. */
export function diagnosticText({ summary, detail, range, address }: Diagnostic): string {
  const place = range === undefined ? address : `${range.filename}:${range.start.line}`;
  const head = place === undefined ? summary : `${summary} (${place})`;
  return oneLine(detail === "" ? head : `${head}: ${detail}`);
}

/** The first of several errors, said in one line; `otherwise` where the program gave none. */
export function errorsText(diagnostics: readonly Diagnostic[], otherwise: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(diagnosticText);
  const [first, ...others] = [...new Set(errors)];
  if (first === undefined) return oneLine(otherwise);
  const shown = [first, ...others.slice(0, MOST_ERRORS - 1)].join(" · ");
  const more = others.length - (MOST_ERRORS - 1);
  return more > 0 ? `${shown} · and ${more} more ${more === 1 ? "error" : "errors"}` : shown;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
