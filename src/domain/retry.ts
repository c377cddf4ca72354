import type { Draft } from "./draft.ts";
import { isAfter, locksAround, type PlanBranch, rootPath, stepNode } from "./plan-walk.ts";
import type { RunState, StepState } from "./run-state.ts";

/** A run that failed or was cancelled goes on. */
export interface RetryInput {
  readonly type: "retry";
  /** Pseudonym. */
  readonly actor: string;
  /** Pseudonyms of those for whom a machine asks. */
  readonly behalf?: readonly string[] | undefined;
  /** The path of the step from which on it is done over, or its id; where the run stopped when undefined. */
  readonly from?: string | undefined;
}

/** A place from which a run can be retried, and how that is said: "Wait again", "Sync again", or "Retry". */
export interface RetryChoice {
  readonly kind: "wait" | "sync" | "retry";
  /** What `from` of the input is. */
  readonly path: string;
}

/** What people are offered, the most obvious first; none for a run that has not ended, or has succeeded. */
export function retryChoices(state: RunState): readonly RetryChoice[] {
  if (state.status !== "failed" && state.status !== "cancelled") return [];
  const path = stopPoint(state);
  const step = state.steps.get(path);
  // What ended in several branches goes on in all of them, whatever each of them is.
  if (step === undefined || branchEnds(state).length > 1) return [{ kind: "retry", path }];
  // What applies a plan changes something too, and syncs nothing.
  if (protects(state, step)) return [{ kind: step.input["plan"] === undefined ? "sync" : "retry", path }];
  const sync = step.sort === "wait" ? syncBefore(state, step) : undefined;
  if (sync === undefined) return [{ kind: step.sort === "wait" ? "wait" : "retry", path }];
  return [
    { kind: "wait", path },
    { kind: "sync", path: sync.path },
  ];
}

/** Lets a run that has ended go on. Nothing that succeeded is done over, unless it was named. */
export function retryRun(draft: Draft, { actor, behalf = [], from }: RetryInput): void {
  const { state } = draft;
  const place = placeOf(state, from);
  if (place.kind === "refused") {
    const { code, message } = place;
    draft.emit({ type: "run.refused", actor, verb: "retry", code, message });
    return;
  }
  const forgotten = [...forgottenBy(state, place.path)];
  const forOthers = behalf.length > 0 && { behalf: [...behalf] };
  draft.emit({ type: "run.retried", actor, from: place.path, forgotten, ...forOthers });
}

type Place =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

function placeOf(state: RunState, from: string | undefined): Place {
  if (state.status === "succeeded") return refused("retry.succeeded", "It has succeeded; there is nothing to retry.");
  if (state.status !== "failed" && state.status !== "cancelled") {
    return refused("retry.not-ended", "It has not ended yet, so it cannot be retried. It can be cancelled.");
  }
  const point = stopPoint(state);
  if (from === undefined || from === point) return { kind: "found", path: point };
  const ends = [point, ...stopPoints(state)];
  const names = [...state.steps.keys()].filter((path) => ends.some((end) => canStartAt(state, { path, point: end })));
  const path = names.find((name) => name === from || name.endsWith(`/${from}`));
  // Nothing is built on a sync that was put back.
  if (path !== undefined) return { kind: "found", path: undoneBefore(state, path) ?? path };
  const known = names.map((name) => `"${name.slice(name.lastIndexOf("/") + 1)}"`);
  const right = known.length === 0 ? "Leave it out." : `It can be retried from ${known.join(", ")}.`;
  return refused("retry.no-step", `This run cannot be retried from "${from}". ${right}`);
}

/** Steps of the same sequence up to where the run stopped: what lies further back stays as it is. */
function canStartAt(state: RunState, { path, point }: { readonly path: string; readonly point: string }): boolean {
  const step = state.steps.get(path);
  if (step === undefined || step.stops !== undefined || step.status === "skipped") return false;
  return path === point || (parentOf(path) === parentOf(point) && isAfter(state.plan, path)(point));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * Where the run stopped: what failed first; or the first step whose leftovers had to be ended, as nothing may be built on it; or
 * what was under way, or waited for, when it was cancelled. Empty when it was between two steps. What failed may name a step
 * before it on which it rests, such as the plan of what was applied in part: then it is there; or at the sync before it, where that
 * was put back because of the failure.
 */
function stopPoint(state: RunState): string {
  const path = state.failure?.path ?? stopPoints(state)[0] ?? "";
  const anew = state.steps.get(path)?.failure?.details?.["anew"];
  if (typeof anew !== "string") return undoneBefore(state, path) ?? path;
  const base = `${parentOf(path)}/${anew}`;
  return canStartAt(state, { path: base, point: path }) ? base : path;
}

/** The first step of the same sequence of which what is done about failures has changed what it had brought there. */
function undoneBefore(state: RunState, point: string): string | undefined {
  const roots = afterwards(state);
  const isAfterwards = (path: string): boolean => roots.some((root) => path.startsWith(root));
  const changing = [...state.steps.values()].filter((step) => step.status !== "skipped" && protects(state, step));
  const changed = new Set(changing.flatMap(({ path, input }) => (isAfterwards(path) ? [input["app"]] : [])));
  const undone = changing.find(({ path, input }) => changed.has(input["app"]) && canStartAt(state, { path, point }));
  return undone?.path;
}

/** Everything at which it stopped, side by side or one after the other; but for what was done because it had stopped. */
function stopPoints(state: RunState): readonly string[] {
  const steps = [...state.steps.values()];
  const stopped = new Set(steps.map(({ stops }) => stops));
  const points = [
    ...(state.failures?.keys() ?? []),
    ...steps.flatMap(({ path }) => (stopped.has(path) ? [path] : [])),
    ...steps.flatMap(({ path, status, stops }) =>
      stops === undefined && (status === "cancelled" || status === "failed") ? [path] : [],
    ),
    ...[...state.locks].flatMap(([path, { status }]) => (status === "withdrawn" ? [path] : [])),
  ];
  const roots = afterwards(state);
  return points.filter((path) => !roots.some((root) => path.startsWith(root)));
}

/** What begins the paths of that which is done about how a run ends: its turn comes again when the run ends again. */
function afterwards({ plan, conclusion }: RunState): readonly string[] {
  // What is done at the end of a run that had succeeded is all that there is to go on with.
  const branches: readonly PlanBranch[] = conclusion === "succeeded" ? ["on-failure"] : ["on-failure", "finally"];
  return branches.map((branch) => `${rootPath(plan, branch)}/`);
}

/** The steps at which branches stopped: of those that follow one another, the first. */
function branchEnds(state: RunState): readonly string[] {
  const points = [...new Set(stopPoints(state))];
  return points.filter((path) => !points.some((other) => isAfter(state.plan, other)(path)));
}

function protects(state: RunState, { path }: StepState): boolean {
  return stepNode(state.plan, path)?.protects === true;
}

/** What the wait waits for the effect of. */
function syncBefore(state: RunState, wait: StepState): StepState | undefined {
  const candidates = [...state.steps.values()].filter(
    (step) => protects(state, step) && step.input["app"] === wait.input["app"],
  );
  return candidates.findLast(({ path }) => canStartAt(state, { path, point: wait.path }));
}

/** The paths of everything that is reached anew. */
function* forgottenBy(state: RunState, from: string): Generator<string> {
  const points = new Set([from, ...stopPoints(state)]);
  const laters = Array.from(points, (point) => isAfter(state.plan, point));
  const branches = afterwards(state);
  const isLater = (path: string): boolean => laters.some((later) => later(path));
  const isAfterwards = (path: string): boolean => branches.some((root) => path.startsWith(root));
  const isAnew = (path: string): boolean => points.has(path) || isLater(path) || isAfterwards(path);
  const around = new Set([...points].flatMap((point) => locksAround(state.plan, point)));
  for (const [path, { stops }] of state.steps) if (isAnew(path) || stops !== undefined) yield path;
  for (const path of state.forEach.keys()) if (isAnew(path)) yield path;
  for (const [path, { isCutShort }] of state.locks)
    if (isAnew(path) || around.has(path) || isCutShort === true) yield path;
}

function refused(code: string, message: string): Place {
  return { kind: "refused", code, message };
}
