import { durationText } from "../platform/duration.ts";
import { isTransientText } from "./argocd-errors.ts";
import type { Application, OperationState } from "./application.ts";
import { newestDeployment, revisionList } from "./application-facts.ts";
import type { AssessMemory } from "./assess-memory.ts";
import { type Expectation, matchesExpected } from "./expectation.ts";
import { failedInOperation, operationFailureReason } from "./failing-resources.ts";
import {
  currentState,
  findOwnOperation,
  hasOperationInProgress,
  isOwn,
  operationFingerprint,
  type OperationSummary,
  summarizeOperation,
  syncedRevisions,
} from "./operation-identity.ts";
import { operationProgress } from "./operation-progress.ts";
import type { FailedVerdict, FailureCode, ProofBasis, Verdict } from "./verdict.ts";

/** What Argo CD's auto-sync does after a failure: nothing, so that waiting for it has no end. */
export const GAVE_UP =
  "Argo CD does not try this revision again by itself: sync it by hand in Argo CD, or push a commit that mends it.";

export interface Look {
  readonly application: Application;
  readonly expectation: Expectation;
  readonly memory: AssessMemory;
  /** Our clock. */
  readonly nowMs: number;
}

/** No operation is in progress, and what the application runs is owed to `basis`. */
export interface EndedOperation {
  readonly kind: "ended";
  /** Tells this quiet state from any other one. */
  readonly state: string;
  readonly basis: ProofBasis;
  readonly operation?: OperationSummary | undefined;
  readonly supersededBy?: OperationSummary | undefined;
}

export type OperationJudgement = EndedOperation | { readonly kind: "verdict"; readonly verdict: Verdict };

/** The first half of an assessment: is our operation queued, running, ended, replaced by another one, and how did it end. */
export function judgeOperation(look: Look): OperationJudgement {
  const { application, expectation } = look;
  if (expectation.operation === undefined) return judgeWithoutPost(look);
  const own = findOwnOperation(application, expectation.operation);
  if (own === undefined) return judgeOthers(look);
  switch (own.kind) {
    case "requested":
      return verdict(queued(look, "queued"));
    case "active":
      return verdict({
        kind: "running",
        own: true,
        automated: false,
        progress: operationProgress(application, own.state),
      });
    case "finished":
      return judgeFinished(look, own.state);
  }
}

function judgeFinished({ application, expectation }: Look, state: OperationState): OperationJudgement {
  if (state.phase !== "Succeeded") return verdict(operationFailed(application, state));
  const revisions = syncedRevisions(state);
  if (!matchesExpected(expectation.revisions, revisions)) {
    const asked = expectation.revisions.map(({ sha }) => sha).join(", ");
    return verdict(
      failed({
        code: "argocd.wrong-revision",
        message: `The sync succeeded at ${revisions.join(", ") || "no revision"}, not at ${asked}. Check how the application's sources are configured.`,
      }),
    );
  }
  return ended(application, "own-operation");
}

// Our operation was posted, and this copy shows another one or none.
function judgeOthers(look: Look): OperationJudgement {
  const { application, expectation } = look;
  const ownSucceeded = historyShows(look) || showsOwnSuccess(look);
  const other = summarizeOperation(application);
  if (other !== undefined && hasOperationInProgress(application)) {
    return verdict({ kind: "superseded", by: other });
  }
  const unchanged = operationFingerprint(application) === expectation.before.operation;
  if (other === undefined || unchanged) {
    return ownSucceeded ? ended(application, "history") : verdict(queued(look, "not-visible"));
  }
  const since = ownSucceeded ? deployedElsewhere(look) : undefined;
  if (since !== undefined) return verdict(replaced(since, ownSucceeded));
  return isHarmless(look, other, ownSucceeded)
    ? { ...ended(application, ownSucceeded ? "history" : "other-operation"), supersededBy: other }
    : verdict(replaced(other, ownSucceeded));
}

/** What took the application elsewhere after our sync, where the operation that is shown would not tell: a dry run, or a partial one. */
function deployedElsewhere({ application, expectation }: Look): OperationSummary | undefined {
  const newest = newestDeployment(application);
  const revisions = newest === undefined ? [] : revisionList(newest);
  if (newest === undefined || matchesExpected(expectation.revisions, revisions)) return undefined;
  const initiatedBy = newest.initiatedBy.username || (newest.initiatedBy.automated ? "auto-sync" : "unknown");
  return {
    phase: "Succeeded",
    initiatedBy,
    revisions,
    dryRun: false,
    partial: false,
    startedAt: newest.deployStartedAt,
  };
}

// Whether the application runs what we asked for in spite of the other operation, or because of it.
function isHarmless({ expectation }: Look, other: OperationSummary, ownSucceeded: boolean): boolean {
  if (other.dryRun) return ownSucceeded;
  const sameContent = other.phase === "Succeeded" && matchesExpected(expectation.revisions, other.revisions);
  return sameContent && (ownSucceeded || !other.partial);
}

function replaced(other: OperationSummary, ownSucceeded: boolean): FailedVerdict {
  const by = `an operation by ${other.initiatedBy}${other.startedAt === undefined ? "" : ` (started ${other.startedAt})`}`;
  if (other.dryRun) {
    return failed({
      code: "argocd.result-unknown",
      message: `How our sync ended is unknown: ${by} took its place before the result was seen. Look at the application, then start it again.`,
    });
  }
  const own = ownSucceeded ? "Our sync succeeded, but then" : "Our sync ended unseen, and";
  const at = other.revisions.map((revision) => revision.slice(0, 7)).join(", ") || "an unknown revision";
  return failed({
    code: "argocd.superseded",
    message: `${own} ${by} took the application to ${at} (${other.phase}). Agree with whoever did that, then start it again.`,
  });
}

// Nothing was posted by us: an automated operation may or may not come.
function judgeWithoutPost({ application, expectation }: Look): OperationJudgement {
  const state = currentState(application);
  if (hasOperationInProgress(application)) {
    if (state === undefined) return verdict(othersQueued(application));
    const { automated } = state.operation.initiatedBy;
    return verdict({ kind: "running", own: false, automated, progress: operationProgress(application, state) });
  }
  if (state === undefined || state.operation.sync.dryRun) return ended(application, "no-operation");
  const aboutUs = matchesExpected(expectation.revisions, syncedRevisions(state));
  if (aboutUs && state.phase !== "Succeeded") return verdict(othersFailed(application, state));
  const full = state.operation.sync.resources.length === 0;
  return ended(application, aboutUs && full ? "other-operation" : "no-operation");
}

// Auto-sync has used up its own tries by then.
function othersFailed(application: Application, state: OperationState): FailedVerdict {
  const found = operationFailed(application, state);
  if (!state.operation.initiatedBy.automated) return found;
  return { ...found, message: `${found.message.replace(/[.\s]*$/u, ".")} ${GAVE_UP}`, retry: "never" };
}

function othersQueued(application: Application): Verdict {
  const by = summarizeOperation(application)?.initiatedBy ?? "unknown";
  return { kind: "pending", reason: "queued", message: `an operation by ${by} is queued` };
}

function queued(look: Look, reason: "queued" | "not-visible"): Verdict {
  const { expectation, nowMs } = look;
  const message =
    reason === "queued" ? "waiting for the Argo CD controller to start the sync" : "waiting for the sync to appear";
  if (expectation.postedAtMs === undefined) return { kind: "pending", reason, message };
  const { startDeadlineMs } = expectation.timing;
  const leftMs = expectation.postedAtMs + startDeadlineMs - nowMs;
  if (leftMs > 0) return { kind: "pending", reason, message, recheckAfterMs: leftMs };
  const waited = durationText(startDeadlineMs);
  return failed({
    code: "argocd.not-started",
    message:
      reason === "queued"
        ? `The Argo CD controller has not picked up the sync within ${waited}. Check that the application controller runs. The sync cannot be withdrawn: it will be carried out when the controller comes back.`
        : `The sync was accepted but has not appeared within ${waited}. Look at the application in Argo CD, then start it again.`,
  });
}

function operationFailed(application: Application, state: OperationState): FailedVerdict {
  const reason = operationFailureReason(application, state);
  if (state.message.includes("Operation terminated")) {
    return failed({
      code: "argocd.terminated",
      message:
        "The sync was terminated before it ended; what it had applied by then stays. Ask who terminated it, then start it again.",
      state,
    });
  }
  const couldNotRun = state.phase === "Error";
  const passes = couldNotRun && isTransientText(reason);
  return failed({
    code: couldNotRun ? "argocd.sync-error" : "argocd.sync-failed",
    message: `${couldNotRun ? "The sync could not be carried out" : "The sync failed"}: ${reason}${passes ? ". It usually passes: start it again in a moment." : ""}`,
    state,
    retry: passes ? "backoff" : "never",
  });
}

// The entry is written on success, shortly before the operation is marked as complete; so it also outlives being replaced.
function historyShows({ application, expectation }: Look): boolean {
  return application.status.history.some(
    (entry) => entry.id > expectation.before.historyId && matchesExpected(expectation.revisions, revisionList(entry)),
  );
}

// The state of the operation before the one that is requested now.
function showsOwnSuccess({ application, expectation }: Look): boolean {
  const state = application.status.operationState;
  if (state === undefined || expectation.operation === undefined || !isOwn(state.operation, expectation.operation))
    return false;
  return state.phase === "Succeeded" && matchesExpected(expectation.revisions, syncedRevisions(state));
}

function ended(application: Application, basis: ProofBasis): EndedOperation {
  const operation = summarizeOperation(application);
  const state = `${operationFingerprint(application) ?? "none"}|${operation?.finishedAt ?? ""}`;
  return { kind: "ended", state, basis, operation };
}

function verdict(found: Verdict): OperationJudgement {
  return { kind: "verdict", verdict: found };
}

interface Failing {
  readonly code: FailureCode;
  readonly message: string;
  readonly state?: OperationState;
  readonly retry?: FailedVerdict["retry"];
}

/** A failed verdict; with the resources that failed, where it is about an operation. */
export function failed({ code, message, state, retry = "never" }: Failing): FailedVerdict {
  const resources = state === undefined ? [] : failedInOperation(state);
  return { kind: "failed", code, message, retry, resources };
}
