import type { Application } from "../argocd/application.ts";
import { autoSyncOn, isMultiSource, newestDeployment, revisionList, sourcesOf } from "../argocd/application-facts.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import { syncedRevisions } from "../argocd/operation-identity.ts";
import { digestOf } from "../platform/canonical-json.ts";

/**
 * The commit that is live: the one that was last applied in full, or where Argo CD syncs by itself the later one that it is Synced to,
 * since a commit that does not touch the application is not applied. Empty when nothing is known.
 */
export function liveRevision(application: Application): string {
  const { sync } = application.status;
  const followed =
    autoSyncOn(application) && sync.status === "Synced" ? revisionList(sync)[sourceIndex(application)] : "";
  return followed || appliedRevision(application);
}

/** The commit that was last applied in full; empty when nothing ever was, as far as Argo CD remembers. It only changes with what runs. */
export function appliedRevision(application: Application): string {
  const index = sourceIndex(application);
  const last = lastFullSync(application)[index] ?? "";
  if (last !== "") return last;
  const deployed = newestDeployment(application);
  if (deployed !== undefined) return revisionList(deployed)[index] ?? "";
  const { sync } = application.status;
  return sync.status === "Synced" ? (revisionList(sync)[index] ?? "") : "";
}

/**
 * Whether the application is at the revision as a whole. After a sync of another one that failed, is still running or took
 * only some resources, the revision is the last one applied in full, but what runs is a mixture. Nobody knows what runs after one
 * that has vanished: Argo CD drops the state of the operation before when it takes a request.
 */
export function isWholeAt(application: Application, revision: string): boolean {
  const { operationState } = application.status;
  const isAsBefore =
    operationState === undefined ? newestDeployment(application) === undefined : operationState.operation.sync.dryRun;
  return appliedRevision(application) === revision && (isAsBefore || lastFullSync(application).includes(revision));
}

function sourceIndex(application: Application): number {
  return isMultiSource(application) ? (commitSources(application).indexes[0] ?? 0) : 0;
}

function lastFullSync(application: Application): readonly string[] {
  const { operationState } = application.status;
  if (operationState?.phase !== "Succeeded") return [];
  const { resources, dryRun } = operationState.operation.sync;
  return resources.length > 0 || dryRun ? [] : syncedRevisions(operationState);
}

/** SHA-256 of the application's own sources: repository, path, chart, target and every parameter. */
export function sourceDigest(application: Application): string {
  return digestOf(sourcesOf(application));
}
