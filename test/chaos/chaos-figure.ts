import { textTable } from "../support/text-table.ts";

/** One line of the report. */
export interface ChaosFigure {
  /** Which part of the chaos it belongs to, such as `redis`. */
  readonly part: string;
  readonly what: string;
  readonly tries: string;
  readonly result: string;
  readonly goal: string;
  /** Undefined for what is only told. */
  readonly holds?: boolean | undefined;
  /** A time is told with its goal, and fails nothing: machines differ. */
  readonly isTime?: boolean;
}

const HEADINGS = ["part", "what", "tries", "result", "goal", "holds"];

/** All figures as one table in plain text. */
export function table(figures: readonly ChaosFigure[]): string {
  return textTable(
    HEADINGS,
    figures.map((figure) => rowOf(figure)),
  );
}

function rowOf({ part, what, tries, result, goal, holds }: ChaosFigure): readonly string[] {
  return [part, what, tries, result, goal, verdict(holds)];
}

function verdict(holds: boolean | undefined): string {
  if (holds === undefined) return "-";
  return holds ? "yes" : "NO";
}

/** Something that must never happen: how often it was tried, and what was found. What was never tried is not said to hold. */
export function never(
  part: string,
  what: string,
  { tries, found }: { tries: number; found: readonly string[] },
): ChaosFigure {
  const figure = { part, what, tries: String(tries), result: String(found.length), goal: "0" };
  return tries === 0 && found.length === 0 ? figure : { ...figure, holds: found.length === 0 };
}

/** How long something took: the median, the 99th of a hundred, and the worst. */
export function timeFigure(
  part: string,
  what: string,
  { valuesMs, goalMs }: { readonly valuesMs: readonly number[]; readonly goalMs?: number },
): ChaosFigure {
  const sorted = valuesMs.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  const [median, late, worst] = [at(0.5), at(0.99), at(1)];
  const base = { part, what, tries: String(sorted.length), isTime: true };
  if (sorted.length === 0)
    return { ...base, result: "not measured", goal: goalMs === undefined ? "-" : `<= ${seconds(goalMs)}` };
  const result = `${seconds(median)} / ${seconds(late)} / ${seconds(worst)}`;
  if (goalMs === undefined) return { ...base, result, goal: "-" };
  return { ...base, result, goal: `p99 <= ${seconds(goalMs)}`, holds: late <= goalMs };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
