import type { Application, OperationState, SyncedResource } from "./application.ts";
import { resourceKey } from "./application-facts.ts";

export interface HookProgress {
  readonly kind: string;
  readonly name: string;
  /** `PreSync`, `Sync`, `PostSync` or `SyncFail`. */
  readonly hookType: string;
  readonly phase: string;
  readonly message: string;
}

/** How far a running operation is, for showing; nothing is decided by it. */
export interface OperationProgress {
  readonly phase: string;
  /** The part of the sync that is under way: `PreSync`, `Sync`, `PostSync`. */
  readonly syncPhase?: string;
  readonly message: string;
  /** The object or hook that Argo CD says it waits for. */
  readonly waitingFor?: string;
  readonly startedAt?: string;
  /** Resources that were applied, of those known to belong to the application; hooks are counted apart. */
  readonly applied: number;
  readonly total: number;
  /** Present where the application has several waves: the one under way and all of them, in order. */
  readonly wave?: number;
  readonly waves?: readonly number[];
  readonly hooks: readonly HookProgress[];
  /** Present from the second try on. `waiting` is true between two tries. */
  readonly retry?: { readonly count: number; readonly waiting: boolean };
  readonly blockedByWindow: boolean;
}

/** Reads the progress of the operation that `state` describes. */
export function operationProgress(application: Application, state: OperationState): OperationProgress {
  const results = state.syncResult?.resources ?? [];
  const objects = results.filter((resource) => resource.hookType === "");
  const applied = objects.filter((resource) => resource.status !== "" && resource.status !== "SyncFailed");
  const syncPhase = results.at(-1)?.syncPhase;
  const waitingFor = /^waiting for (?:healthy state|completion|deletion|pruning confirmation) of (.+)$/u.exec(
    state.message,
  )?.[1];
  const waiting = state.finishedAt !== undefined;
  return {
    phase: state.phase,
    ...(syncPhase === undefined || syncPhase === "" ? {} : { syncPhase }),
    message: state.message,
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
    applied: applied.length,
    total: knownObjects(application, objects),
    ...waveProgress(application, objects),
    hooks: results.filter((resource) => resource.hookType !== "").map(hookProgress),
    ...(state.retryCount > 0 || waiting ? { retry: { count: state.retryCount, waiting } } : {}),
    blockedByWindow: state.message.includes("blocked by sync window"),
  };
}

function hookProgress(hook: SyncedResource): HookProgress {
  return { kind: hook.kind, name: hook.name, hookType: hook.hookType, phase: hook.hookPhase, message: hook.message };
}

// The list of the last comparison may lack what this revision adds, so both lists together are the best guess.
function knownObjects(application: Application, objects: readonly SyncedResource[]): number {
  const keys = new Set(application.status.resources.filter((resource) => !resource.hook).map(resourceKey));
  for (const object of objects) keys.add(resourceKey(object));
  return keys.size;
}

// The sync result carries no wave, only the list of managed resources does.
function waveProgress(
  application: Application,
  objects: readonly SyncedResource[],
): Pick<OperationProgress, "wave" | "waves"> {
  const managed = application.status.resources.filter((resource) => !resource.hook);
  const waves = [...new Set(managed.map((resource) => resource.syncWave))].toSorted((left, right) => left - right);
  if (waves.length < 2) return {};
  const waveOf = new Map(managed.map((resource) => [resourceKey(resource), resource.syncWave]));
  const reached = objects.map((object) => waveOf.get(resourceKey(object))).filter((wave) => wave !== undefined);
  return reached.length === 0 ? { waves } : { wave: Math.max(...reached), waves };
}
