import type { Application, OperationState, SyncedResource } from "./application.ts";
import { resourceKey } from "./application-facts.ts";

export interface HookProgress {
  readonly name: string;
  /** `PreSync`, `Sync`, `PostSync` or `SyncFail`. */
  readonly hookType: string;
  readonly phase: string;
}

/** How far a running operation is, for showing; nothing is decided by it. */
export interface OperationProgress {
  readonly phase: string;
  /** The part of the sync that is under way: `PreSync`, `Sync`, `PostSync`. */
  readonly syncPhase?: string;
  /** The object or hook that Argo CD says it waits for. */
  readonly waitingFor?: string;
  /** Resources that were applied, of those known to belong to the application; hooks are counted apart. */
  readonly applied: number;
  readonly total: number;
  /** The one under way, where the application has several. */
  readonly wave?: number;
  readonly hooks: readonly HookProgress[];
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
  return {
    phase: state.phase,
    ...(syncPhase === undefined || syncPhase === "" ? {} : { syncPhase }),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    applied: applied.length,
    total: knownObjects(application, objects),
    ...waveProgress(application, objects),
    hooks: results.filter((resource) => resource.hookType !== "").map(hookProgress),
    blockedByWindow: state.message.includes("blocked by sync window"),
  };
}

function hookProgress(hook: SyncedResource): HookProgress {
  return { name: hook.name, hookType: hook.hookType, phase: hook.hookPhase };
}

// The list of the last comparison may lack what this revision adds, so both lists together are the best guess.
function knownObjects(application: Application, objects: readonly SyncedResource[]): number {
  const keys = new Set(application.status.resources.filter((resource) => !resource.hook).map(resourceKey));
  for (const object of objects) keys.add(resourceKey(object));
  return keys.size;
}

// The sync result carries no wave, only the list of managed resources does.
function waveProgress(application: Application, objects: readonly SyncedResource[]): Pick<OperationProgress, "wave"> {
  const managed = application.status.resources.filter((resource) => !resource.hook);
  if (new Set(managed.map((resource) => resource.syncWave)).size < 2) return {};
  const waveOf = new Map(managed.map((resource) => [resourceKey(resource), resource.syncWave]));
  const reached = objects.map((object) => waveOf.get(resourceKey(object))).filter((wave) => wave !== undefined);
  return reached.length === 0 ? {} : { wave: Math.max(...reached) };
}
