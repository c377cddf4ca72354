import type { Application, ApplicationSource, Condition, HistoryEntry, ResourceIdentity } from "./application.ts";

/** Auto-sync is on when the policy exists and is not switched off by `enabled: false`. */
export function autoSyncOn(application: Application): boolean {
  const automated = application.spec.syncPolicy?.automated;
  return automated !== undefined && automated !== null && automated.enabled !== false;
}

/** `sources` wins over `source`, even with a single element: Argo CD then ignores the plain `revision` of a sync. */
export function isMultiSource(application: Application): boolean {
  return application.spec.sources.length > 0;
}

/**
 * The sources of the application in their order, whole. Their digest is the identity of "the same source spec":
 * any change of repository, path, chart, target or parameters changes it.
 */
export function sourcesOf(application: Application): readonly ApplicationSource[] {
  return sourceList(application.spec);
}

/** The sources that an entry of the deploy history was deployed from, whole. */
export function storedSourcesOf(entry: HistoryEntry): readonly ApplicationSource[] {
  return sourceList(entry);
}

function sourceList({ source, sources }: Pick<HistoryEntry, "source" | "sources">): readonly ApplicationSource[] {
  if (sources.length > 0) return sources;
  return source === undefined || source === null ? [] : [source];
}

/** What one source follows: a branch, a tag, a commit or a range of versions. Argo CD takes none for the default branch. */
export function targetOf(application: Application, sourceIndex = 0): string {
  return sourcesOf(application)[sourceIndex]?.targetRevision || "HEAD";
}

/** The largest history id, or -1 for none: ids start at 0. */
export function newestHistoryId(application: Application): number {
  return application.status.history.reduce((largest, entry) => Math.max(largest, entry.id), -1);
}

/** The ApplicationSet that generated the application and puts its spec back when someone changes it. */
export function ownerApplicationSet(application: Application): string | undefined {
  return application.metadata.ownerReferences.find((owner) => owner.kind === "ApplicationSet")?.name;
}

/** With this annotation the controller neither compares nor syncs: operations stay pending and refreshes hang. */
export function skipsReconcile(application: Application): boolean {
  return application.metadata.annotations?.["argocd.argoproj.io/skip-reconcile"] === "true";
}

export function isDeleting(application: Application): boolean {
  return application.metadata.deletionTimestamp !== undefined;
}

/** A source hydrator syncs hydrated commits, so the revisions people name never appear as sync revisions. */
export function usesHydrator(application: Application): boolean {
  return application.spec.sourceHydrator !== undefined && application.spec.sourceHydrator !== null;
}

const ERROR_CONDITIONS = new Set(["InvalidSpecError", "ComparisonError", "SyncError", "UnknownError", "DeletionError"]);

/** The conditions that mean something is wrong; the other condition types are warnings. */
export function errorConditions(application: Application): readonly Condition[] {
  return application.status.conditions.filter((condition) => ERROR_CONDITIONS.has(condition.type));
}

/** One revision per source: Argo CD fills `revisions` for several sources and `revision` for a single one. */
export function revisionList(holder: {
  readonly revision: string;
  readonly revisions: readonly string[];
}): readonly string[] {
  if (holder.revisions.length > 0) return holder.revisions;
  return holder.revision === "" ? [] : [holder.revision];
}

/** The newest entry of the deploy history: the last full sync that succeeded. Partial syncs and self-heal are not in it. */
export function newestDeployment(application: Application): HistoryEntry | undefined {
  return application.status.history.reduce<HistoryEntry | undefined>(
    (newest, entry) => (newest === undefined || entry.id > newest.id ? entry : newest),
    undefined,
  );
}

/** The identity of a resource within an application, for joining the several lists that name it. */
export function resourceKey(resource: ResourceIdentity): string {
  return `${resource.group}/${resource.kind}/${resource.namespace}/${resource.name}`;
}

/**
 * The version of this copy. Versions are numbers in practice, and are compared only to drop the older of two copies:
 * after a reconnect another replica of argocd-server may send one.
 */
export function resourceVersion(application: Application): number {
  return Number(application.metadata.resourceVersion) || 0;
}
