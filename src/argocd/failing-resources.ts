import type { Application, ManagedResource, OperationState, SyncedResource } from "./application.ts";
import { errorConditions, resourceKey } from "./application-facts.ts";
import type { FailingResource, HealthCount } from "./verdict.ts";

const MOST_RESOURCES = 5;
// Argo CD's own order, worst last.
const SEVERITY = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"];

/** Health of the judged resources taken together, with those that are not Healthy, worst first. */
export interface JudgedHealth {
  readonly status: string;
  readonly count: HealthCount;
  readonly resources: readonly FailingResource[];
}

/**
 * The health of the application, or, where only some objects are in question, of those.
 * After a pinned sync Argo CD goes on counting the objects of the branch: those that only the branch has are Missing, up to
 * version 3.3 the whole application with them. Where such an object is why the application is not Healthy, the objects that
 * were synced are judged, and no others.
 */
export function judgeHealth(application: Application, onlySynced: boolean): JudgedHealth {
  const { status } = application.status.health;
  const all = withHealth(application.status.resources);
  if (!onlySynced || status === "Healthy") return judged(status, all);
  const synced = new Set((application.status.operationState?.syncResult?.resources ?? []).map(resourceKey));
  const members = all.filter((resource) => synced.has(resourceKey(resource)));
  const strangers = all.filter((resource) => !synced.has(resourceKey(resource)));
  // Without a member there is nothing to judge by (a copy from a list has no resource health): the application's word stands.
  const explained = strangers.some((resource) => healthOf(resource) !== "Healthy");
  return members.length === 0 || !explained ? judged(status, all) : judged(worstOf(members), members);
}

/** The resources that failed in an operation: rejected by the cluster, or a hook that did not end well. */
export function failedInOperation(state: OperationState): readonly FailingResource[] {
  return (state.syncResult?.resources ?? []).filter(hasFailed).slice(0, MOST_RESOURCES).map(describeSynced);
}

/** Why an operation failed, in the words that help most: the first failing resource, then the operation, then the conditions. */
export function operationFailureReason(application: Application, state: OperationState): string {
  const failing = (state.syncResult?.resources ?? []).find(
    (resource) => hasFailed(resource) && resource.message !== "",
  );
  if (failing !== undefined) return `${failing.kind}/${failing.name}: ${failing.message}`;
  if (state.message !== "") return state.message;
  return errorConditions(application)[0]?.message ?? "Argo CD gives no reason";
}

function hasFailed(resource: SyncedResource): boolean {
  return resource.status === "SyncFailed" || resource.hookPhase === "Failed" || resource.hookPhase === "Error";
}

function describeSynced(resource: SyncedResource): FailingResource {
  const { group, kind, namespace, name, message } = resource;
  const status = resource.status === "SyncFailed" ? resource.status : resource.hookPhase;
  return { group, kind, namespace, name, status, message };
}

// Hooks do not count: Argo CD leaves them out of the application's health as well.
function withHealth(resources: readonly ManagedResource[]): readonly ManagedResource[] {
  return resources.filter((resource) => !resource.hook && healthOf(resource) !== "");
}

function judged(status: string, resources: readonly ManagedResource[]): JudgedHealth {
  const unhealthy = resources
    .filter((resource) => healthOf(resource) !== "Healthy")
    .toSorted((left, right) => severity(healthOf(right)) - severity(healthOf(left)));
  return {
    status,
    count: { healthy: resources.length - unhealthy.length, total: resources.length },
    resources: unhealthy.slice(0, MOST_RESOURCES).map((resource) => ({
      group: resource.group,
      kind: resource.kind,
      namespace: resource.namespace,
      name: resource.name,
      status: healthOf(resource),
      message: resource.health?.message ?? "",
    })),
  };
}

function worstOf(resources: readonly ManagedResource[]): string {
  return resources.reduce(
    (worst, resource) => (severity(healthOf(resource)) > severity(worst) ? healthOf(resource) : worst),
    "Healthy",
  );
}

function healthOf(resource: ManagedResource): string {
  return resource.health?.status ?? "";
}

function severity(status: string): number {
  const rank = SEVERITY.indexOf(status);
  return rank === -1 ? SEVERITY.length : rank;
}
