import type { Draft } from "./draft.ts";
import { isAfter, locksAround, rootPath, stepNode } from "./plan-walk.ts";
import type { RunState, StepState } from "./run-state.ts";

/** A run that failed or was cancelled goes on. */
export interface RetryInput {
  readonly type: "retry";
  /** Pseudonym. */
  readonly actor: string;
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
  if (step === undefined) return [{ kind: "retry", path }];
  if (protects(state, step)) return [{ kind: "sync", path }];
  const sync = step.sort === "wait" ? syncBefore(state, step) : undefined;
  if (sync === undefined) return [{ kind: step.sort === "wait" ? "wait" : "retry", path }];
  return [
    { kind: "wait", path },
    { kind: "sync", path: sync.path },
  ];
}

/** Lets a run that has ended go on. Nothing that succeeded is done over, unless it was named. */
export function retryRun(draft: Draft, { actor, from }: RetryInput): void {
  const { state } = draft;
  const place = placeOf(state, from);
  if (place.kind === "refused") {
    const { code, message } = place;
    draft.emit({ type: "run.refused", actor, verb: "retry", code, message });
    return;
  }
  draft.emit({ type: "run.retried", actor, from: place.path, forgotten: [...forgottenBy(state, place.path)] });
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
  const names = [...state.steps.keys()].filter((path) => canStartAt(state, { path, point }));
  const path = names.find((name) => name === from || name.endsWith(`/${from}`));
  if (path !== undefined) return { kind: "found", path };
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
 * Where the run stopped: what failed; or the first step whose leftovers had to be ended, as nothing may be built on it; or
 * what was under way, or waited for, when it was cancelled. Empty when it was between two steps.
 */
function stopPoint(state: RunState): string {
  if (state.failure !== undefined) return state.failure.path;
  const steps = [...state.steps.values()];
  const stopped = steps.find(({ path }) => steps.some(({ stops }) => stops === path));
  const ended = steps.find(
    ({ status, stops }) => stops === undefined && (status === "cancelled" || status === "failed"),
  );
  const withdrawn = [...state.locks].find(([, { status }]) => status === "withdrawn");
  return stopped?.path ?? ended?.path ?? withdrawn?.[0] ?? "";
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
  const isLater = isAfter(state.plan, from);
  const branch = `${rootPath(state.plan, "on-failure")}/`;
  const isAnew = (path: string): boolean => path === from || isLater(path) || path.startsWith(branch);
  const around = new Set(locksAround(state.plan, from === "" ? lastPath(state) : from));
  for (const [path, { stops }] of state.steps) if (isAnew(path) || stops !== undefined) yield path;
  for (const path of state.forEach.keys()) if (isAnew(path)) yield path;
  for (const path of state.locks.keys()) if (isAnew(path) || around.has(path)) yield path;
}

function lastPath(state: RunState): string {
  return [...state.steps.values()].findLast(({ stops }) => stops === undefined)?.path ?? "";
}

function refused(code: string, message: string): Place {
  return { kind: "refused", code, message };
}
