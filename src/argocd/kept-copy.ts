import type { Application, ManagedResource, OperationState, SyncedResource } from "./application.ts";

/**
 * A copy of an application to be kept for long, which takes over from the one before it what is the same in both. Most frames change
 * little of some tens of kilobytes. What is kept of a frame is copied, so that all that was read dies young: the engine notices
 * where objects are made that live on, and from then on makes all of these where only a long collection finds them.
 */
export function keptCopy(newer: Application, older: Application | undefined): Application {
  const { spec, operation, status } = newer;
  const { resources, history, conditions, operationState } = status;
  const before = older?.status;
  return {
    ...newer,
    spec: same(spec, older?.spec),
    operation: same(operation, older?.operation),
    status: {
      ...status,
      operationState: operationState && keptState(operationState, before?.operationState),
      resources: keptItems(resources, before?.resources, copyOfResource),
      history: keptItems(history, before?.history, (entry) => entry),
      conditions: keptItems(conditions, before?.conditions, (condition) => condition),
    },
  };
}

function keptState(newer: OperationState, older: OperationState | undefined): OperationState {
  const { operation, syncResult } = newer;
  const before = older?.syncResult?.resources;
  return {
    ...newer,
    operation: same(operation, older?.operation),
    syncResult: syncResult && { ...syncResult, resources: keptItems(syncResult.resources, before, copyOfSynced) },
  };
}

/** Argo CD lists what it lists in the same order each time. */
function keptItems<Item>(newer: Item[], older: Item[] = [], copy: (item: Item) => Item): Item[] {
  let isAll = older.length === newer.length;
  const items = newer.map((item, index) => {
    const before = older[index];
    if (before !== undefined && isEqual(before, item)) return before;
    isAll = false;
    return copy(item);
  });
  return isAll ? older : items;
}

function copyOfResource(resource: ManagedResource): ManagedResource {
  return { ...resource, health: resource.health && { ...resource.health } };
}

function copyOfSynced(resource: SyncedResource): SyncedResource {
  return { ...resource };
}

function same<Part>(newer: Part, older: Part | undefined): Part {
  return older !== undefined && isEqual(older, newer) ? older : newer;
}

/** Whether two values that came as JSON are the same. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [ours, theirs]: readonly [Members, Members] = [Object(left), Object(right)];
  const names = Object.keys(ours);
  if (names.length !== Object.keys(theirs).length) return false;
  for (const name of names) if (!Object.hasOwn(theirs, name) || !isEqual(ours[name], theirs[name])) return false;
  return true;
}

interface Members {
  readonly [name: string]: unknown;
}
