import type { RunState } from "./run-state.ts";

/** Pseudonyms of everybody who counts as having asked for a run: its requester, those for whom a machine asked, who retried it. */
export function askersOf({
  requester,
  origin,
  retries,
}: Pick<RunState, "requester" | "origin" | "retries">): readonly string[] {
  return [requester, ...(origin.behalf ?? []), ...retries.map(({ actor }) => actor)];
}
