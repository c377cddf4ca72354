import type { Application } from "../argocd/application.ts";
import { autoSyncOn } from "../argocd/application-facts.ts";
import type { ArgocdError } from "../argocd/argocd-errors.ts";
import type { AppLocation, ArgocdAccess } from "../argocd/argocd-server.ts";
import { hasOperationInProgress, summarizeOperation } from "../argocd/operation-identity.ts";
import type { StepResult } from "../engine/step-kind.ts";
import { AppError } from "../platform/errors.ts";
import type { SyncedOperation } from "./synced-operation.ts";

// How soon an application that somebody else is syncing, or whose window is closed, is looked at again.
const BUSY_AGAIN_MS = 10_000;
const ENDING_AGAIN_MS = 2000;
const WINDOW_AGAIN_MS = 60_000;
const SWITCHED_AGAIN_MS = 2000;
// The mode is switched by people, and nothing tells a worker.
const OBSERVING_AGAIN_MS = 15_000;

type Postponed = Extract<StepResult<never>, { status: "postponed" }>;

// After these nobody knows whether what was posted was accepted.
const UNKNOWN_RESULT = new Set([
  "server",
  "transient",
  "unreachable",
  "timeout",
  "bad-response",
  "not-json",
  "too-large",
]);

/** A POST failed, or its answer was lost: what is in Argo CD now decides which. Throws what is not to be waited for. */
export async function afterFailedPost(
  location: AppLocation<ArgocdAccess>,
  failed: {
    readonly error: ArgocdError;
    /** Finds what was posted in the application, if it arrived. */
    readonly look: (application: Application) => Promise<SyncedOperation | undefined>;
    readonly signal: AbortSignal;
  },
): Promise<
  | { readonly kind: "adopted"; readonly operation: SyncedOperation }
  | { readonly kind: "ended"; readonly result: Postponed }
> {
  const { error, look, signal } = failed;
  const { name } = location.address;
  if (error.class === "window") return ended(closed(name));
  if (error.class === "observing") return ended(observing(name));
  if (error.class === "auto-sync" || error.class === "auto-sync-rollback") {
    const current = await location.server.client.getApplication(location.address, { signal });
    // Before Argo CD 3.1 auto-sync is on wherever `automated` is there, whatever `enabled` says.
    if (!autoSyncOn(current)) throw error;
    // Switched on between our look and our request, so everything is looked at once more.
    const message = `Argo CD says that auto-sync of ${name} is on by now; looking at it again.`;
    return ended({ status: "postponed", code: error.code, message, afterMs: SWITCHED_AGAIN_MS });
  }
  if (error.class !== "busy" && error.retry === "never" && !UNKNOWN_RESULT.has(error.class)) throw error;
  const application = await location.server.client.getApplication(location.address, { signal });
  const operation = await look(application);
  if (operation !== undefined) return { kind: "adopted", operation };
  if (error.class === "busy") return ended(busy(application));
  // Argo CD shows nothing of ours, so trying again can do no harm.
  throw new AppError(error.message, { code: error.code, retry: "backoff", cause: error });
}

/** Somebody's operation is in progress. It may be one of ours that is being ended. */
export function busy(application: Application): Postponed {
  const other = summarizeOperation(application);
  const who = other?.initiatedBy ?? "someone else";
  const since = other?.startedAt === undefined ? "" : ` since ${other.startedAt}`;
  const phase = hasOperationInProgress(application) ? (other?.phase ?? "pending") : "just ended";
  const message = `Argo CD is busy with an operation of ${who}${since} (${phase}).`;
  const isEnding = phase === "Terminating" || phase === "just ended";
  return { status: "postponed", code: "argocd.busy", message, afterMs: isEnding ? ENDING_AGAIN_MS : BUSY_AGAIN_MS };
}

/** A sync window of Argo CD is closed. */
export function closed(name: string): Postponed {
  const message = `A sync window of Argo CD keeps ${name} closed.`;
  return { status: "postponed", code: "argocd.window", message, afterMs: WINDOW_AGAIN_MS };
}

/** The mode was switched while the run was under way: nothing has left the process. */
function observing(name: string): Postponed {
  const message = `Quarterdeck only observes for now ("mode: observe" in its configuration), so nothing is changed in ${name} until that is switched.`;
  return { status: "postponed", code: "argocd.observing", message, afterMs: OBSERVING_AGAIN_MS };
}

function ended(result: Postponed): { readonly kind: "ended"; readonly result: Postponed } {
  return { kind: "ended", result };
}
