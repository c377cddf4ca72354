import type { IncidentGroup } from "./incident-book.ts";

/** How the openings of one moment are told: each by itself, or in one message. */
export type Telling =
  | { readonly kind: "alone" }
  | { readonly kind: "group"; readonly group: IncidentGroup | undefined };

export interface Gathered {
  /** How many are to be opened now. */
  readonly due: number;
  /** How many are ill, but not for long enough. */
  readonly pending: number;
  /** How many were told by themselves within the last minutes. */
  readonly alone: number;
  /** The storm that is still going on. */
  readonly storm: IncidentGroup | undefined;
  /** From how many at once it is a storm. */
  readonly stormFrom: number;
}

/** How long after one another incidents are one storm. */
export const STORM_MS = 5 * 60_000;

/**
 * Many at once are one message: a cluster died, and its list says more than fifty alerts. Those whose grace is not over yet
 * count as well, so that a storm is known at the first of them.
 */
export function tellingOf({ due, pending, alone, storm, stormFrom }: Gathered): Telling {
  if (storm !== undefined) return { kind: "group", group: storm };
  return due + pending + alone >= stormFrom ? { kind: "group", group: undefined } : { kind: "alone" };
}
