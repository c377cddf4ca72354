import type { CommandDiagnostic } from "./command-source.ts";
import type { CommandSet } from "./load-commands.ts";
import { usageOf } from "./usage.ts";

/** What `quarterdeck validate` prints and ends with. */
export interface ValidateReport {
  readonly text: string;
  /** 0 when nothing is wrong, 1 otherwise. */
  readonly exitStatus: 0 | 1;
  readonly json: {
    readonly ok: boolean;
    readonly commands: readonly string[];
    readonly diagnostics: readonly Pick<CommandDiagnostic, "file" | "line" | "column" | "message">[];
  };
}

/** The result of loading for people (grouped by file, with the line and a caret) and for programs. */
export function validateReport({ commands, subCommands, diagnostics }: Omit<CommandSet, "uses">): ValidateReport {
  const ordered = diagnostics.toSorted(byPlace);
  const files = new Set(ordered.map(({ file }) => file)).size;
  const text =
    ordered.length === 0
      ? [
          `${counted(commands.length + subCommands.length, "command")}, no mistakes:`,
          ...commands.map((command) => `  ${usageOf(command)}`),
          ...subCommands.map(({ id, summary }) => `  command/${id}  ${summary}`),
        ].join("\n")
      : [
          ...ordered.map(commandDiagnosticText),
          `${counted(ordered.length, "mistake")} in ${counted(files, "file")}`,
        ].join("\n\n");
  const exitStatus = ordered.length === 0 ? 0 : 1;
  return {
    text,
    exitStatus,
    json: {
      ok: exitStatus === 0,
      commands: [...commands, ...subCommands].map(({ id }) => id),
      diagnostics: ordered.map(({ file, line, column, message }) => ({ file, line, column, message })),
    },
  };
}

/** One diagnostic as lines of plain text: place and message, the line, and a caret under the part that is meant. */
function commandDiagnosticText({ file, line, column, message, excerpt, length }: CommandDiagnostic): string {
  const margin = `${line} | `;
  // Tabs stay tabs, so that the caret stands below its character whatever their width.
  const indent = excerpt.slice(0, column - 1).replaceAll(/[^\t]/gu, " ");
  return `${file}:${line}:${column}: ${message}\n${margin}${excerpt}\n${" ".repeat(margin.length)}${indent}${"^".repeat(length)}`;
}

function byPlace(left: CommandDiagnostic, right: CommandDiagnostic): number {
  return left.file.localeCompare(right.file, "en") || left.line - right.line || left.column - right.column;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
