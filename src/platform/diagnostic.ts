import { AppError } from "./errors.ts";

/** One mistake in a file that a person wrote: where, what was found, and what would be right. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `quarterdeck.yaml:12:5: ...`, which terminals and editors turn into a link. */
export function diagnosticText(diagnostic: Diagnostic): string {
  return `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}: ${diagnostic.message}`;
}

/** Mistakes in the order in which they stand in their file. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((left, right) => left.line - right.line || left.column - right.column);
}

/** A file could not be used; the message lists every mistake, one a line, in the order of the file. */
export class InvalidFileError extends AppError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: string, diagnostics: readonly Diagnostic[]) {
    const ordered = inFileOrder(diagnostics);
    super(ordered.map((diagnostic) => diagnosticText(diagnostic)).join("\n"), { code });
    this.diagnostics = ordered;
  }
}
