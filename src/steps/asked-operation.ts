import type { Application } from "../argocd/application.ts";
import {
  currentState,
  findOwnOperation,
  isRollbackTo,
  operationFingerprint,
  type OwnOperation,
} from "../argocd/operation-identity.ts";
import type { Effect } from "../domain/effect.ts";
import type { PostCheckpoint, SyncedOperation } from "./synced-operation.ts";

type Known = SyncedOperation | PostCheckpoint;

/**
 * The operation that a step of this run has asked for, at whatever point of its life, or undefined when it is not the one shown: by its
 * infos, or where it was a rollback of Argo CD's own by what it restores. `effect` is that of the step which stops the other one.
 */
export function findAsked(
  application: Application,
  { operation, effect }: { readonly operation: Known | null; readonly effect: Effect },
): OwnOperation | undefined {
  const step = operation !== null && "step" in operation ? operation.step : effect.path.replace(/\/stop$/u, "");
  const own = findOwnOperation(application, { run: effect.run, step });
  return own ?? (operation === null ? undefined : findRollback(application, operation));
}

/** The rollback of Argo CD's own that was asked for at `known`, when it is the one shown. */
export function findRollback(application: Application, { restores, before }: Known): OwnOperation | undefined {
  if (restores === undefined) return undefined;
  const state = currentState(application);
  const shown = state?.operation ?? application.operation;
  if (shown === undefined || !isRollbackTo(shown, restores)) return undefined;
  if (state === undefined) return { kind: "requested", operation: shown };
  // The same was asked for once before, and has ended.
  if (operationFingerprint(application) === before.operation) return undefined;
  return { kind: application.operation === undefined ? "finished" : "active", state };
}
