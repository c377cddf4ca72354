import type { PlanNodeOutline } from "./fact.ts";
import { findNode, lastOf, type LoopBook, type RunBook, type StepBook } from "./run-book.ts";

/** What has become of one round of a loop: `open` when something of it has begun, and has come to no end. */
export type RoundState = "new" | "open" | "done" | "failed" | "left";

/** One round of a loop, as the log has it. */
export interface Round {
  readonly key: string;
  /** What the paths in it begin with. */
  readonly prefix: string;
  readonly state: RoundState;
}

const UNDER_WAY: ReadonlySet<StepBook["status"]> = new Set(["running", "retrying", "postponed"]);

/** Every round of a loop, in their order. */
export function roundsOf(run: RunBook, path: string, { keys }: LoopBook): readonly Round[] {
  const body = findNode(run.plan, lastOf(path))?.steps ?? [];
  return keys.map((key) => {
    const prefix = `${path}[${key}]/`;
    return { key, prefix, state: stateOf(run, prefix, body) };
  });
}

/** Whether a loop goes on with other rounds while, or after, one of them has ended badly. */
export function isBeside(run: RunBook, path: string, { atATime }: LoopBook): boolean {
  return atATime > 1 || goesOn(run, path);
}

/** Whether the command says that the others have their turn when one has failed. */
export function goesOn(run: RunBook, path: string): boolean {
  return findNode(run.plan, lastOf(path))?.failFast === false;
}

function stateOf(run: RunBook, prefix: string, body: readonly PlanNodeOutline[]): RoundState {
  const steps = Array.from(run.steps.values()).filter(
    ({ path, stops }) => path.startsWith(prefix) && stops === undefined,
  );
  const locks = Array.from(run.locks).filter(([path]) => path.startsWith(prefix));
  const hasFailed = [...run.failures.keys()].some((path) => path.startsWith(prefix));
  if (steps.length === 0 && locks.length === 0) return hasFailed ? "failed" : "new";
  const isBusy = steps.some(({ status }) => UNDER_WAY.has(status)) || locks.some(([, { status }]) => status !== "over");
  if (isDone(run, prefix, body)) return isBusy ? "open" : "done";
  if (isBusy) return "open";
  if (hasFailed || steps.some(({ status }) => status === "failed" || status === "cancelled")) return "failed";
  // What was begun before the run went on anew has its turn again when it comes to it.
  const isAnew = [...steps, ...locks.map(([, lock]) => lock)].every(({ reachedAt }) => reachedAt < run.anewAt);
  return isAnew ? "left" : "open";
}

/** Whether the last thing that a round does is done; what stands under a condition may have been left out. */
function isDone(run: RunBook, prefix: string, body: readonly PlanNodeOutline[]): boolean {
  const last = body.at(-1);
  if (last === undefined) return true;
  if (last.type === "lock") return isDone(run, prefix, last.steps ?? []);
  const step = run.steps.get(`${prefix}${last.key}`);
  return last.type === "step" && (step?.status === "succeeded" || step?.status === "skipped");
}
