import { textTable } from "../support/text-table.ts";

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
  return textTable(HEADINGS, cells);
}
