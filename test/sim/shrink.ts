import type { Violation } from "./check/violation.ts";
import { play, type Stage } from "./play.ts";
import type { Scenario } from "./scenario.ts";

/** A smaller scenario that ends in the same sort of violation, and how many plays it took to find it. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly violation: Violation;
  readonly plays: number;
}

// Enough for a few hundred acts, and no more than a minute or two.
const MOST_PLAYS = 400;

/** Leaves out acts for as long as the same check is still violated: first halves, at last single ones. */
export async function shrink(stage: Stage, scenario: Scenario, violation: Violation): Promise<Shrunk> {
  let smallest = scenario;
  let seen = violation;
  const budget = { left: MOST_PLAYS };
  const fails = async (candidate: Scenario): Promise<boolean> => {
    budget.left -= 1;
    const { violations } = await play(stage, candidate);
    const same = violations.find(({ check }) => check === violation.check);
    if (same !== undefined) [smallest, seen] = [candidate, same];
    return same !== undefined;
  };
  if (scenario.plans.length > 0) await fails({ ...smallest, plans: [] });
  for (let size = Math.ceil(smallest.acts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let from = 0;
    while (from < smallest.acts.length && budget.left > 0) {
      const end = from + size;
      const begin = from;
      const acts = smallest.acts.filter((_act, index) => index < begin || index >= end);
      if (!(await fails({ ...smallest, acts }))) from = end;
    }
  }
  return { scenario: smallest, violation: seen, plays: MOST_PLAYS - budget.left };
}
