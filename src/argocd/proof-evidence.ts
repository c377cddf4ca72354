import type { ResourceIdentity, SyncedResource } from "./application.ts";
import { revisionList } from "./application-facts.ts";
import type { EndedOperation, Look } from "./assess-operation.ts";
import { matchesExpected } from "./expectation.ts";
import type { ProofEvidence } from "./verdict.ts";

/** What a proof given now rests on. */
export function proofEvidence({ application, expectation, memory, nowMs }: Look, ended: EndedOperation): ProofEvidence {
  const { sync, operationState } = application.status;
  const byOperation = ended.basis === "own-operation" || ended.basis === "other-operation";
  const results = byOperation ? (operationState?.syncResult?.resources ?? []) : [];
  const branch = revisionList(sync);
  const pinned = sync.status !== "Synced" && !matchesExpected(expectation.revisions, branch);
  return {
    uid: application.metadata.uid,
    basis: ended.basis,
    healthySinceMs: memory.healthy?.sinceMs ?? nowMs,
    provenAtMs: nowMs,
    sync: sync.status,
    branchRevision: pinned ? branch.join(", ") : undefined,
    pruneSkipped: results.filter((resource) => resource.status === "PruneSkipped").map(identityOnly),
    changedNothing: changedNothing(ended, results),
    supersededBy: ended.supersededBy,
  };
}

function identityOnly({ group, kind, namespace, name }: SyncedResource): ResourceIdentity {
  return { group, kind, namespace, name };
}

// kubectl's own word for an object that was applied and did not change.
function changedNothing(ended: EndedOperation, results: readonly SyncedResource[]): boolean {
  if (ended.basis === "no-operation") return true;
  return results.length > 0 && results.every((result) => result.message.endsWith(" unchanged"));
}
