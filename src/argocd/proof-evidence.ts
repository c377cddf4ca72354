import type { ResourceIdentity, SyncedResource } from "./application.ts";
import { revisionList } from "./application-facts.ts";
import type { EndedOperation, Look } from "./assess-operation.ts";
import { matchesExpected } from "./expectation.ts";
import type { ProofEvidence } from "./verdict.ts";

/** What a proof given now rests on. */
export function proofEvidence(look: Look, ended: EndedOperation): ProofEvidence {
  const { application, memory, nowMs } = look;
  const byOperation = ended.basis === "own-operation" || ended.basis === "other-operation";
  const results = byOperation ? (application.status.operationState?.syncResult?.resources ?? []) : [];
  return {
    uid: application.metadata.uid,
    basis: ended.basis,
    healthySinceMs: memory.healthy?.sinceMs ?? nowMs,
    provenAtMs: nowMs,
    sync: application.status.sync.status,
    ...atAnotherRevision(look, ended),
    pruneSkipped: results.filter((resource) => resource.status === "PruneSkipped").map(identityOnly),
    changedNothing: isTracked(look, ended) ? causedNothing(look, ended) : changedNothing(ended, results),
    supersededBy: ended.supersededBy,
  };
}

/** The branch brought it there, and not an operation at that revision. */
function isTracked({ expectation }: Look, { basis }: EndedOperation): boolean {
  return expectation.mode === "track" && basis !== "own-operation";
}

function atAnotherRevision(
  look: Look,
  ended: EndedOperation,
): Pick<ProofEvidence, "branchRevision"> | Pick<ProofEvidence, "descendant"> {
  const { sync } = look.application.status;
  const { revisions } = look.expectation;
  const branch = revisionList(sync);
  if (matchesExpected(revisions, branch)) return {};
  if (isTracked(look, ended)) return { descendant: branch[revisions[0]?.sourceIndex ?? 0] };
  return sync.status === "Synced" ? {} : { branchRevision: branch.join(", ") };
}

function identityOnly({ group, kind, namespace, name }: SyncedResource): ResourceIdentity {
  return { group, kind, namespace, name };
}

// kubectl's own word for an object that was applied and did not change.
function changedNothing(ended: EndedOperation, results: readonly SyncedResource[]): boolean {
  if (ended.basis === "no-operation") return true;
  return results.length > 0 && results.every((result) => result.message.endsWith(" unchanged"));
}

// The branch is at exactly this commit, and no operation ever took the application there: it touches nothing of it.
function causedNothing({ application, expectation: { revisions } }: Look, { basis }: EndedOperation): boolean {
  const { history, sync } = application.status;
  const isDeployed = history.some((entry) => matchesExpected(revisions, revisionList(entry)));
  return basis === "no-operation" && !isDeployed && matchesExpected(revisions, revisionList(sync));
}
