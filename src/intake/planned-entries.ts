import type { Outlined, OutlinedStep } from "../domain/plan-outline.ts";
import type { PlannedEntry } from "../engine/question-answers.ts";

/** The steps of an outline that are wanted, in the blocks that say how they go together; blocks with none of them are left out. */
export function plannedEntries(
  outline: readonly Outlined[],
  isWanted: (step: OutlinedStep) => boolean,
): readonly PlannedEntry[] {
  return outline.flatMap((entry): readonly PlannedEntry[] => {
    if (entry.type === "step") {
      const { name, uses, when } = entry;
      return isWanted(entry) ? [{ name, uses, when }] : [];
    }
    const steps = plannedEntries(entry.nodes, isWanted);
    if (steps.length === 0) return [];
    if (entry.of === "parallel")
      return steps.length === 1 ? steps : [{ isBeside: true, steps: branchesOf(entry.nodes, isWanted) }];
    return entry.of === "command" ? [{ isBeside: false, name: entry.name, steps }] : steps;
  });
}

/** One entry for each branch: the steps of a branch stay together. */
function branchesOf(branches: readonly Outlined[], isWanted: (step: OutlinedStep) => boolean): readonly PlannedEntry[] {
  return branches.flatMap((branch) => {
    const steps = plannedEntries([branch], isWanted);
    return steps.length > 1 ? [{ isBeside: false, steps }] : steps;
  });
}

/** How many iterations of a loop are under way at once, of the loop that has most. */
export function widestWindow(outline: readonly Outlined[]): number {
  return outline.reduce((widest, entry) => {
    if (entry.type === "step") return widest;
    const own = entry.of === "for-each" ? Math.min(entry.atATime ?? 1, entry.nodes.length) : 1;
    return Math.max(widest, own, widestWindow(entry.nodes));
  }, 1);
}
