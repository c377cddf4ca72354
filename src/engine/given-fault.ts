import type { Json } from "../platform/canonical-json.ts";

/** Something in what a command file gives a step that can be known wrong before any run. */
export interface GivenFault {
  /** From `with` down. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Looks at what a command file gives a step, as it is written there: a text in which `${{` stands has its value only in a run, and
 * `writtenText` leaves it alone. Pure.
 */
export type FindGivenFaults = (given: Readonly<Record<string, Json>>) => readonly GivenFault[];

/** A text that says what it says; undefined for everything else, also for one that an expression makes. */
export function writtenText(value: Json | undefined): string | undefined {
  return typeof value === "string" && !value.includes("${{") ? value : undefined;
}
