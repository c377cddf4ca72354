import type { AppLocation, ArgocdAccess } from "../argocd/argocd-server.ts";
import { operationFailureReason } from "../argocd/failing-resources.ts";
import { findOwnOperation } from "../argocd/operation-identity.ts";
import type { Failure } from "../domain/outcome.ts";
import type { ActionContext } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { couldNotBegin } from "./adopt-operation.ts";

// Argo CD renders within a second or two; what takes longer is followed by the wait.
const LOOKS_MS = [250, 500, 1000, 2000];

/**
 * Stays with a sync that was accepted until Argo CD has begun to apply it, a few seconds at most. A commit that is named in full is
 * accepted without a look at the repository: where that or the repo-server is away, the operation ends in an error at once, and only
 * whoever posted it can post it again. Undefined unless that happened.
 */
export async function failedToBegin(
  location: AppLocation<ArgocdAccess>,
  { context, clock }: { readonly context: ActionContext; readonly clock: Pick<Clock, "sleep"> },
): Promise<Failure | undefined> {
  const { signal, effect } = context;
  for (const delayMs of LOOKS_MS) {
    await clock.sleep(delayMs, signal);
    const application = await location.server.client
      .getApplication(location.address, { signal })
      .catch(() => undefined);
    if (application === undefined) return undefined;
    const own = findOwnOperation(application, { run: effect.run, step: effect.path, attempt: effect.attempt });
    if (own === undefined) return undefined;
    if (own.kind === "finished") {
      if (!couldNotBegin(application, own)) return undefined;
      const reason = operationFailureReason(application, own.state);
      const message = `Argo CD could not begin the sync: ${reason}. It usually passes: start it again in a moment.`;
      return { code: "argocd.sync-error", message, retry: "backoff" };
    }
    if (own.kind === "active" && (own.state.syncResult?.resources.length ?? 0) > 0) return undefined;
  }
  return undefined;
}
