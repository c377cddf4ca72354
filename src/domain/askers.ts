import type { RunState } from "./run-state.ts";

/** Pseudonyms of those who asked for a run, or retried it, themselves. */
export function ownAskersOf({ requester, retries }: Pick<RunState, "requester" | "retries">): readonly string[] {
  return [requester, ...retries.map(({ actor }) => actor)];
}

/** Who asked for others, by pseudonym; undefined where everybody asked for themselves. */
export function behalfAskerOf({
  requester,
  origin,
  retries,
}: Pick<RunState, "requester" | "origin" | "retries">): string | undefined {
  const asked = [{ actor: requester, behalf: origin.behalf }, ...retries];
  return asked.find(({ behalf = [] }) => behalf.length > 0)?.actor;
}

/** Pseudonyms of everybody who counts as having asked for a run: its requester, who retried it, and those for whom a machine did so. */
export function askersOf({
  requester,
  origin,
  retries,
}: Pick<RunState, "requester" | "origin" | "retries">): readonly string[] {
  return [requester, ...(origin.behalf ?? []), ...retries.flatMap(({ actor, behalf = [] }) => [actor, ...behalf])];
}
