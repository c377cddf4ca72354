/** One line of what a fuzzer reports. */
export interface Row {
  readonly what: string;
  readonly result: string;
  readonly goal: string;
  readonly holds: boolean;
  /** Times are reported and fail nothing. */
  readonly isTime?: boolean;
}

const HEADINGS = ["what", "result", "goal", "holds"];

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, result, goal, holds }) => [what, result, goal, holds ? "yes" : "NO"]);
  const all = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_heading, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const [head = [], ...rest] = all;
  return [head, widths.map((width) => "-".repeat(width)), ...rest]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
