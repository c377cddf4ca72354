import type { RunState } from "./run-state.ts";

/** Pseudonyms of everybody who counts as having asked for a run: its requester, who retried it, and those for whom a machine did so. */
export function askersOf({
  requester,
  origin,
  retries,
}: Pick<RunState, "requester" | "origin" | "retries">): readonly string[] {
  return [requester, ...(origin.behalf ?? []), ...retries.flatMap(({ actor, behalf = [] }) => [actor, ...behalf])];
}
