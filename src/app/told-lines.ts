import type { ToldEvent } from "../api/client/told.ts";

// How a run keeps its own books, which says little to people.
const QUIET = new Set(["step.checkpointed", "step.dispatched", "for-each.entered"]);

/** An event as a line; undefined for what says little to people. */
export function eventLine({ type, at, text, by }: ToldEvent): string | undefined {
  if (QUIET.has(type)) return undefined;
  return `${at.slice(11, 19)}  ${text.replaceAll(/\s*\n\s*/gu, " · ")}${by === undefined ? "" : ` (${by})`}`;
}

/** What a step is doing; without a moment, as it is no fact. */
export function progressLine(step: string, text: string): string {
  return `          ${step.slice(step.lastIndexOf("/") + 1)}: ${text.replaceAll(/\s*\n\s*/gu, " · ")}`;
}

/** Rows as columns that stand below one another. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const [first = []] = rows;
  const widths = first.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
