import type { ApprovalRule } from "./target.ts";

/** Which lists of its rule somebody stands in who has approved: 0 is `from`, 1 the first of `also`. Only `from` where undefined. */
export interface Approval {
  readonly lists?: readonly number[] | undefined;
}

/**
 * The lists that still need an approval, as often as they need one more; none when it is enough. Everybody counts for one list
 * only, whichever leaves the fewest open.
 */
export function openLists(rule: ApprovalRule, approvals: readonly Approval[]): readonly number[] {
  const asked = [
    ...Array.from({ length: rule.quorum }, () => 0),
    ...(rule.also ?? []).map((_list, index) => index + 1),
  ];
  const countedFor = new Map<Approval, number>();
  return asked.filter((_list, place) => !findOne(place, { asked, approvals, countedFor, seen: new Set() }));
}

interface Search {
  readonly asked: readonly number[];
  readonly approvals: readonly Approval[];
  /** By approval, the index in `asked` of what it counts for. */
  readonly countedFor: Map<Approval, number>;
  readonly seen: Set<Approval>;
}

/** Finds somebody for one place, who may have to be replaced in another one for it. */
function findOne(place: number, search: Search): boolean {
  const { asked, approvals, countedFor, seen } = search;
  for (const approval of approvals) {
    if (seen.has(approval) || !(approval.lists ?? [0]).includes(asked[place] ?? -1)) continue;
    seen.add(approval);
    const other = countedFor.get(approval);
    if (other !== undefined && !findOne(other, search)) continue;
    countedFor.set(approval, place);
    return true;
  }
  return false;
}

/** How far a gate has come: how many approvals its rule asks for in all, and how many of them there are. */
export function approvalsSoFar(
  rule: ApprovalRule,
  decisions: readonly (Approval & { readonly decision: "approve" | "reject" })[],
): { readonly needed: number; readonly given: number } {
  const needed = rule.quorum + (rule.also ?? []).length;
  const approvals = decisions.filter(({ decision }) => decision === "approve");
  return { needed, given: needed - openLists(rule, approvals).length };
}
