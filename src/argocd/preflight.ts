import type { Application } from "./application.ts";
import {
  autoSyncOn,
  errorConditions,
  isDeleting,
  ownerApplicationSet,
  skipsReconcile,
  sourcesOf,
  usesHydrator,
} from "./application-facts.ts";
import {
  findOwnOperation,
  hasOperationInProgress,
  type OperationIdentity,
  type OperationSummary,
  summarizeOperation,
} from "./operation-identity.ts";

interface Finding {
  /** What it means and what to do. */
  readonly message: string;
}

/** Something to know about an application before a sync of it is posted. */
export type PreflightFinding =
  | (Finding & { readonly kind: "deleting" })
  | (Finding & { readonly kind: "skip-reconcile" })
  | (Finding & { readonly kind: "operation-by-others"; readonly operation: OperationSummary })
  | (Finding & { readonly kind: "own-operation"; readonly operation: OperationSummary })
  | (Finding & { readonly kind: "error-condition"; readonly type: string })
  | (Finding & { readonly kind: "auto-sync"; readonly targetRevisions: readonly string[]; readonly selfHeal: boolean })
  | (Finding & { readonly kind: "application-set"; readonly name: string })
  | (Finding & { readonly kind: "hydrator" });

/**
 * What stands in the way of a sync, or has to be known before one, in the order in which it matters. Pure; which findings refuse
 * a sync is for the caller to say. `own` is the operation that the caller may already have posted: found, it is to be adopted.
 */
export function preflight(application: Application, own?: OperationIdentity): readonly PreflightFinding[] {
  return [
    ...deleting(application),
    ...skipping(application),
    ...inProgress(application, own),
    ...conditions(application),
    ...automated(application),
    ...owned(application),
    ...hydrated(application),
  ];
}

function deleting(application: Application): readonly PreflightFinding[] {
  if (!isDeleting(application)) return [];
  return [{ kind: "deleting", message: "The application is being deleted; nothing can be deployed to it." }];
}

function skipping(application: Application): readonly PreflightFinding[] {
  if (!skipsReconcile(application)) return [];
  const message =
    "The application carries the annotation argocd.argoproj.io/skip-reconcile, so Argo CD would never start a sync. Remove the annotation.";
  return [{ kind: "skip-reconcile", message }];
}

function inProgress(application: Application, own: OperationIdentity | undefined): readonly PreflightFinding[] {
  const operation = summarizeOperation(application);
  if (operation === undefined) return [];
  if (own !== undefined && findOwnOperation(application, own) !== undefined) {
    return [
      { kind: "own-operation", operation, message: "This sync was posted before; it is followed, not repeated." },
    ];
  }
  if (!hasOperationInProgress(application)) return [];
  const since = operation.startedAt === undefined ? "" : ` since ${operation.startedAt}`;
  const message = `An operation by ${operation.initiatedBy} is in progress${since}; it has to end first.`;
  return [{ kind: "operation-by-others", operation, message }];
}

// A SyncError is left out: it is about an earlier attempt, and a sync is what mends it.
function conditions(application: Application): readonly PreflightFinding[] {
  return errorConditions(application)
    .filter(({ type }) => type === "InvalidSpecError" || type === "ComparisonError")
    .map(({ type, message }) => ({ kind: "error-condition", type, message: `Argo CD reports ${type}: ${message}` }));
}

function automated(application: Application): readonly PreflightFinding[] {
  if (!autoSyncOn(application)) return [];
  const targetRevisions = sourcesOf(application).map((source) => source.targetRevision ?? "HEAD");
  const message = `Auto-sync is on, so Argo CD syncs only ${targetRevisions.join(", ")} and refuses every other revision. Deploy by a commit, or switch auto-sync off.`;
  const selfHeal = application.spec.syncPolicy?.automated?.selfHeal ?? false;
  return [{ kind: "auto-sync", targetRevisions, selfHeal, message }];
}

function owned(application: Application): readonly PreflightFinding[] {
  const name = ownerApplicationSet(application);
  if (name === undefined) return [];
  const message = `The ApplicationSet ${name} generates this application and undoes changes of its specification; a sync is not affected.`;
  return [{ kind: "application-set", name, message }];
}

function hydrated(application: Application): readonly PreflightFinding[] {
  if (!usesHydrator(application)) return [];
  const message =
    "A source hydrator feeds this application: Argo CD syncs hydrated commits, not the ones that people name.";
  return [{ kind: "hydrator", message }];
}
