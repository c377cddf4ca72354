import type { Application } from "../argocd/application.ts";
import { revisionList } from "../argocd/application-facts.ts";
import { isTransientText } from "../argocd/argocd-errors.ts";
import { rememberBefore } from "../argocd/expectation.ts";
import { operationFailureReason } from "../argocd/failing-resources.ts";
import { findOwnOperation, identityOf, type OwnOperation } from "../argocd/operation-identity.ts";
import type { ActionContext } from "../engine/step-kind.ts";
import type { PostCheckpoint, SyncedOperation } from "./synced-operation.ts";

interface Asked {
  readonly application: Application;
  readonly revision: string;
  readonly context: ActionContext;
  readonly checkpoint: PostCheckpoint | undefined;
}

/**
 * Our operation for this step, of this attempt or of an earlier one whose request was taken to be lost, at any point of its
 * life. What was accepted, run and replaced by somebody else's operation before we looked is known only by the history.
 */
export function adoptOperation(asked: Asked): SyncedOperation | undefined {
  const { application, revision, context, checkpoint } = asked;
  const { run, path } = context.effect;
  const own = findOwnOperation(application, { run, step: path });
  if (own !== undefined) {
    if (isOver(own, asked)) return undefined;
    const found = checkpoint ?? { before: rememberBefore(application), postedAtMs: context.startedAt };
    return postedOperation(context, { ...found, attempt: attemptOf(own) });
  }
  if (checkpoint === undefined) return undefined;
  const { uid, historyId } = checkpoint.before;
  const isDeployed = application.status.history.some(
    (entry) => entry.id > historyId && revisionList(entry).includes(revision),
  );
  return isDeployed && uid === application.metadata.uid ? postedOperation(context, checkpoint) : undefined;
}

/** What the wait needs to find the operation that was posted at `checkpoint`. */
export function postedOperation(
  context: ActionContext,
  { before, postedAtMs, attempt = context.effect.attempt, restores }: PostCheckpoint,
): SyncedOperation {
  const { run, path } = context.effect;
  const ours = { run, step: path, attempt, skipped: false, before, postedAtMs };
  return restores === undefined ? ours : { ...ours, restores };
}

/**
 * The operation of an earlier attempt that has ended is not taken over when somebody asked for the step anew since (its checkpoint is
 * forgotten then), or when it never came to anything because a repository or the repo-server was away.
 */
function isOver(own: OwnOperation, { application, context, checkpoint }: Asked): boolean {
  if (own.kind !== "finished") return false;
  const attempt = attemptOf(own);
  if (attempt === context.effect.attempt) return false;
  const isOfCheckpoint =
    checkpoint !== undefined && (checkpoint.attempt === undefined || checkpoint.attempt === attempt);
  return !isOfCheckpoint || couldNotBegin(application, own);
}

/** The operation ended in error because of something that passes by itself. */
export function couldNotBegin(application: Application, own: OwnOperation): boolean {
  if (own.kind !== "finished" || own.state.phase !== "Error") return false;
  return isTransientText(operationFailureReason(application, own.state));
}

function attemptOf(own: OwnOperation): number | undefined {
  return identityOf(own.kind === "requested" ? own.operation : own.state.operation)?.attempt;
}
