import type { GateEvidence, PlanEvidence } from "../../domain/gate.ts";
import { countsText } from "./plan-summary.ts";
import type { SavedPlan } from "./saved-plan.ts";

const MOST_DIFFERENCES = 20;

/** What people are shown of a plan, and how it differs from the one that they were shown before. */
export function planEvidence(plan: SavedPlan, before: PlanEvidence | undefined): PlanEvidence {
  const { directory, workspace, add, change, destroy, replace, otherResources, drift, otherDrift, outputs } = plan;
  const resources = plan.resources.map(({ address, action, reason }) =>
    reason === undefined ? { address, action } : { address, action, reason },
  );
  const shown = {
    directory,
    workspace,
    add,
    change,
    destroy,
    replace,
    resources,
    otherResources,
    drift,
    otherDrift,
    outputs,
  };
  return before === undefined ? shown : { ...shown, difference: [...planDifference(before, shown)] };
}

/** The evidence of a gate that is about a plan alone: nothing is compared with what is live. */
export function planOnly(prompt: string): GateEvidence {
  return { prompt, direction: "unknown", commits: [], otherCommits: 0, currentHealth: "", warnings: [] };
}

/** In what a plan differs from an earlier one, a line for each resource; one line where the two do the same. */
export function planDifference(before: PlanEvidence, after: PlanEvidence): readonly string[] {
  const earlier = new Map(before.resources.map(({ address, action }) => [address, action]));
  const later = new Map(after.resources.map(({ address, action }) => [address, action]));
  const lines = [
    ...after.resources.flatMap(({ address, action }) => {
      const was = earlier.get(address);
      if (was === action) return [];
      return [was === undefined ? `now also: ${action} ${address}` : `${address}: ${action} instead of ${was}`];
    }),
    ...before.resources.flatMap(({ address, action }) =>
      later.has(address) ? [] : [`no longer: ${action} ${address}`],
    ),
  ];
  const uncounted = before.otherResources !== after.otherResources || lines.length === 0;
  const [was, is] = [countsText(before), countsText(after)];
  const counts = uncounted && was !== is ? [`${is}, before it was ${was}`] : [];
  const all = [...counts, ...lines];
  if (all.length === 0) return ["It does the same as the plan that was shown before."];
  const more = all.length - MOST_DIFFERENCES;
  return more > 0 ? [...all.slice(0, MOST_DIFFERENCES), `… and ${more} more differences`] : all;
}
