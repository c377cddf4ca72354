import type { ResourceIdentity } from "./application.ts";
import type { OperationProgress } from "./operation-progress.ts";
import type { OperationSummary } from "./operation-identity.ts";
import type { Retry } from "../platform/errors.ts";

/** A resource that keeps the application from being healthy or synced, and what is said about it. */
export interface FailingResource extends ResourceIdentity {
  /** Its health (`Degraded`), its sync result (`SyncFailed`) or the phase of its hook (`Failed`). */
  readonly status: string;
  readonly message: string;
}

/** How many of the judged resources with a health check are Healthy. */
export interface HealthCount {
  readonly healthy: number;
  readonly total: number;
}

/** How the expected revision came to be live. */
export type ProofBasis = "own-operation" | "other-operation" | "history" | "no-operation";

/** What a proof rests on; plain data. */
export interface ProofEvidence {
  readonly uid: string;
  readonly basis: ProofBasis;
  /** Our clock. */
  readonly healthySinceMs: number;
  readonly provenAtMs: number;
  readonly sync: string;
  /** The revision of the branch, where the application is pinned to another one and therefore OutOfSync. */
  readonly branchRevision?: string | undefined;
  /** The later revision that holds the expected one and is what is live, where the branch has moved on under auto-sync. */
  readonly descendant?: string | undefined;
  /** Resources that left Git and were not pruned. */
  readonly pruneSkipped: readonly ResourceIdentity[];
  /** The operation changed no resource. Never true where Argo CD does not say it, as under server-side apply. */
  readonly changedNothing: boolean;
  /** Whoever ran a later operation that left the application at the same revision. */
  readonly supersededBy?: OperationSummary | undefined;
}

/** Whether `descendant` has `ancestor` in its history: only a clone of the repository can tell. */
export interface AncestryQuestion {
  readonly ancestor: string;
  readonly descendant: string;
}

/** Codes of a failed verdict; `argocd.gone` is given by whoever reads the application. */
export type FailureCode =
  | "argocd.recreated"
  | "argocd.deleting"
  | "argocd.gone"
  | "argocd.not-started"
  | "argocd.sync-failed"
  | "argocd.sync-error"
  | "argocd.terminated"
  | "argocd.wrong-revision"
  | "argocd.superseded"
  | "argocd.result-unknown"
  | "argocd.not-live"
  | "argocd.auto-sync-off"
  | "argocd.degraded";

export interface FailedVerdict {
  readonly kind: "failed";
  readonly code: FailureCode;
  /** What failed, why, and what to do. */
  readonly message: string;
  readonly retry: Retry;
  readonly resources: readonly FailingResource[];
}

export interface ProvenVerdict {
  readonly kind: "proven";
  readonly evidence: ProofEvidence;
}

/**
 * What one look at an application says about an expectation. Only `proven` and `failed` end a wait.
 * `recheckAfterMs` is there when nothing but time is missing: look again then, even if nothing changes.
 */
export type Verdict =
  | ProvenVerdict
  | FailedVerdict
  | {
      readonly kind: "pending";
      /** `not-visible`: our operation is not in this copy. `queued`: the controller has not picked it up. */
      readonly reason: "not-visible" | "queued" | "out-of-sync" | "other-revision";
      readonly message: string;
      readonly ancestry?: readonly AncestryQuestion[] | undefined;
      readonly recheckAfterMs?: number | undefined;
    }
  | {
      readonly kind: "running";
      readonly own: boolean;
      readonly automated: boolean;
      readonly progress: OperationProgress;
    }
  | { readonly kind: "superseded"; readonly by: OperationSummary }
  /** A `GET ?refresh=normal` has to be begun now: what the application shows may be from before the operation. */
  | { readonly kind: "settling" }
  | {
      readonly kind: "progressing";
      readonly health: string;
      readonly count: HealthCount;
      readonly resources: readonly FailingResource[];
    }
  | { readonly kind: "healthy-candidate"; readonly healthySinceMs: number; readonly recheckAfterMs: number }
  | {
      readonly kind: "degraded";
      readonly sinceMs: number;
      readonly resources: readonly FailingResource[];
      readonly recheckAfterMs: number;
    }
  | { readonly kind: "suspended"; readonly resources: readonly FailingResource[] }
  | { readonly kind: "unknown"; readonly message: string };

/** A verdict that ends a wait. */
export type FinalVerdict = ProvenVerdict | FailedVerdict;

export type OpenVerdict = Exclude<Verdict, FinalVerdict>;

export function isFinal(verdict: Verdict): verdict is FinalVerdict {
  return verdict.kind === "proven" || verdict.kind === "failed";
}
