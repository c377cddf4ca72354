import { textTable } from "../support/text-table.ts";

/** How much of it: the short size runs with the tests, the full one by command. */
export type ProofSize = "short" | "full";

/** One line of the report. */
export interface Finding {
  /** Which goal it belongs to, such as `R5`. */
  readonly goal: string;
  readonly what: string;
  readonly result: string;
  readonly wanted: string;
  readonly holds: boolean;
}

/** One promise, tried over and over. */
export interface Proof {
  readonly goal: string;
  readonly says: string;
  /** Throws only when the proof itself cannot be made; what does not hold is a finding. */
  readonly prove: (size: ProofSize, part?: number) => Promise<readonly Finding[]>;
}

/** How many to try; `part` of the full size, for whoever has less time. */
export function amountOf(sizes: Readonly<Record<ProofSize, number>>, size: ProofSize, part: number): number {
  return size === "full" ? Math.max(sizes.short, Math.ceil(sizes.full * part)) : sizes.short;
}

/** A finding that holds when the number is exactly the one that is wanted. */
export function exactly(goal: string, what: string, { is, wanted }: { is: number; wanted: number }): Finding {
  return { goal, what, result: numberText(is), wanted: numberText(wanted), holds: is === wanted };
}

/** A finding that holds when nothing was found; `faults` are in words, of which the first is shown. */
export function none(goal: string, what: string, faults: readonly string[]): Finding {
  const [first] = faults;
  const result = first === undefined ? "0" : `${faults.length}: ${first}`;
  return { goal, what, result, wanted: "0", holds: faults.length === 0 };
}

/** A finding that holds when at least so many were tried. */
export function atLeast(goal: string, what: string, { is, wanted }: { is: number; wanted: number }): Finding {
  return { goal, what, result: numberText(is), wanted: `>= ${numberText(wanted)}`, holds: is >= wanted };
}

const HEADINGS = ["goal", "what", "result", "goal is", "holds"];

/** All findings as one table in plain text. */
export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ goal, what, result, wanted, holds }) => [
    goal,
    what,
    result,
    wanted,
    holds ? "yes" : "NO",
  ]);
  return textTable(HEADINGS, rows);
}

function numberText(value: number): string {
  return value.toLocaleString("en");
}
