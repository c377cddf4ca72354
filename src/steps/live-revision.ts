import type { Application } from "../argocd/application.ts";
import { isMultiSource, newestDeployment, revisionList, sourcesOf } from "../argocd/application-facts.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import { syncedRevisions } from "../argocd/operation-identity.ts";
import { digestOf } from "../platform/canonical-json.ts";

/** The commit that was last applied in full; empty when nothing ever was, as far as Argo CD remembers. */
export function liveRevision(application: Application): string {
  const index = isMultiSource(application) ? (commitSources(application).indexes[0] ?? 0) : 0;
  const last = lastFullSync(application)[index] ?? "";
  if (last !== "") return last;
  const deployed = newestDeployment(application);
  if (deployed !== undefined) return revisionList(deployed)[index] ?? "";
  const { sync } = application.status;
  return sync.status === "Synced" ? (revisionList(sync)[index] ?? "") : "";
}

/**
 * Whether the application is at the revision as a whole. After a sync of another one that failed, is still running or took
 * only some resources, the revision is the last one applied in full, but what runs is a mixture.
 */
export function isWholeAt(application: Application, revision: string): boolean {
  const { operationState } = application.status;
  const isAsBefore = operationState === undefined || operationState.operation.sync.dryRun;
  return liveRevision(application) === revision && (isAsBefore || lastFullSync(application).includes(revision));
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
