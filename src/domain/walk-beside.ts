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
  const isResting = block.pace === "on" && hasFailedBefore(draft, block);
  const visits = visitAll(draft, block, isResting ? "rest" : block.pace);
  // What one of them has begun is not gone on with when a later one turns out to have failed.
  const isHalted = block.failFast && block.pace === "on" && !isResting && visits.some(isFailed);
  const ends = isHalted ? visitAll(draft, block, "rest") : visits;
  if (ends.some(({ reached }) => reached.kind === "pending")) return PENDING;
  const failed = ends.filter(isFailed);
  if (failed.length > 0) return block.pace === "look" ? firstOf(draft, failed) : fail(draft, block, failed);
  return ends.some(({ reached }) => reached.kind === "rest") ? REST : DONE;
}

interface Visit<Kind extends Reached = Reached> {
  readonly name: string;
  readonly reached: Kind;
}

function isFailed(visit: Visit): visit is Visit<ReachedFailure> {
  return visit.reached.kind === "failed";
}

/** Whether one has failed in an earlier turn. */
function hasFailedBefore({ state }: Draft, { failFast, siblings }: Beside): boolean {
  if (!failFast || state.failures === undefined || state.failures.size === 0) return false;
  return siblings.some(({ visit }) => visit("look").kind === "failed");
}

function visitAll(draft: Draft, { siblings, atATime }: Beside, pace: Pace): readonly Visit[] {
  const visits: Visit[] = [];
  let underWay = 0;
  for (const { name, visit } of siblings) {
    if (pace === "on" && underWay >= atATime) break;
    const reached = visit(pace);
    if (reached.kind === "pending") underWay += 1;
    if (reached.kind === "failed" && pace !== "look" && draft.state.failures?.has(reached.path) !== true) {
      draft.emit({ type: "branch.failed", path: reached.path, failure: reached.failure });
    }
    visits.push({ name, reached });
  }
  return visits;
}

function fail(draft: Draft, block: Beside, failed: readonly Visit<ReachedFailure>[]): Reached {
  const below = [...(draft.state.failures?.keys() ?? [])].filter(
    (path) => path.startsWith(`${block.path}/`) || path.startsWith(`${block.path}[`),
  );
  if (block.pace === "on" && voidAtRest(draft, below)) return PENDING;
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
