import type { Draft } from "./draft.ts";
import type { Pace } from "./place.ts";
import { DONE, PENDING, type Reached, type ReachedFailure, REST } from "./reached.ts";
import { voidAtRest } from "./void-gate.ts";

/** Branches, or iterations, that run side by side. */
export interface Beside {
  readonly path: string;
  readonly siblings: readonly { readonly name: string; readonly visit: (pace: Pace) => Reached }[];
  /** How many may be under way at once. */
  readonly atATime: number;
  /** Whether nothing more begins in the others when one has failed. */
  readonly failFast: boolean;
  readonly pace: Pace;
}

/** Carries siblings on, each from where it stands. They have failed together when one has failed and all have come to rest. */
export function walkBeside(draft: Draft, block: Beside): Reached {
  const visits = visitInTurn(draft, block);
  const kinds = new Set(visits.map(({ reached }) => reached.kind));
  if (kinds.has("pending")) return PENDING;
  const failed = visits.filter(isFailed);
  if (failed.length === 0) return kinds.has("rest") ? REST : DONE;
  // What is not begun in the others is still to come.
  if (block.pace === "look" && !block.failFast && kinds.has("rest")) return PENDING;
  return voidAtRest(draft, failuresBelow(draft, block, failed), block.pace)
    ? PENDING
    : failTogether(draft, block, failed);
}

function visitInTurn(draft: Draft, block: Beside): readonly Visit[] {
  const { pace, failFast } = block;
  if (pace !== "on" || !failFast) return visitAll(draft, block, pace);
  if (hasFailed(draft, block)) return visitAll(draft, block, "rest");
  const visits = visitAll(draft, block, "on");
  // What one of them has begun is not gone on with when a later one turns out to have failed.
  return visits.some(isFailed) ? visitAll(draft, block, "rest") : visits;
}

interface Visit<Kind extends Reached = Reached> {
  readonly name: string;
  readonly reached: Kind;
}

function isFailed(visit: Visit): visit is Visit<ReachedFailure> {
  return visit.reached.kind === "failed";
}

/** Whether one has failed before anything more begins in this turn. */
function hasFailed({ state, hasFailed: isNew }: Draft, { siblings }: Beside): boolean {
  if (!isNew && (state.failures?.size ?? 0) === 0) return false;
  return siblings.some(({ visit }) => visit("look").kind === "failed");
}

function visitAll(draft: Draft, { siblings, atATime, failFast }: Beside, first: Pace): readonly Visit[] {
  const visits: Visit[] = [];
  let pace = first;
  let underWay = 0;
  for (const { name, visit } of siblings) {
    if (pace === "on" && underWay >= atATime) break;
    const reached = visit(pace);
    if (reached.kind === "pending") underWay += 1;
    if (reached.kind === "failed" && pace !== "look") {
      recordFailure(draft, reached);
      if (failFast) pace = "rest";
    }
    visits.push({ name, reached });
  }
  return visits;
}

function recordFailure(draft: Draft, { path, failure }: ReachedFailure): void {
  if (draft.state.failures?.has(path) !== true) draft.emit({ type: "branch.failed", path, failure });
}

/** The paths of everything in the block that has failed. */
function failuresBelow({ state }: Draft, { path: own }: Beside, failed: readonly Visit<ReachedFailure>[]): string[] {
  const recorded = [...(state.failures?.keys() ?? [])];
  const below = recorded.filter((path) => path.startsWith(`${own}/`) || path.startsWith(`${own}[`));
  return [...new Set([...below, ...failed.map(({ reached }) => reached.path)])];
}

function failTogether(draft: Draft, block: Beside, failed: readonly Visit<ReachedFailure>[]): Reached {
  const first = firstOf(draft, failed);
  const message = `${sentence(first.failure.message)} ${countText(block, failed)}`;
  return { ...first, failure: { ...first.failure, message } };
}

/** The one that failed first. */
function firstOf({ state }: Draft, failed: readonly Visit<ReachedFailure>[]): ReachedFailure {
  const order = [...(state.failures?.keys() ?? [])];
  const placeOf = ({ reached }: Visit<ReachedFailure>): number => order.indexOf(reached.path);
  return failed.reduce((first, other) => (placeOf(other) < placeOf(first) ? other : first)).reached;
}

const MOST_NAMES = 5;

/** How many of how many failed, and which. */
function countText({ siblings }: Beside, failed: readonly Visit[]): string {
  const names = failed.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = failed.length > names.length ? ` and ${failed.length - names.length} more` : "";
  return `${failed.length} of ${siblings.length} failed: ${names.join(", ")}${more}.`;
}

function sentence(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}
