import type { Application, HistoryEntry } from "../argocd/application.ts";
import { revisionList } from "../argocd/application-facts.ts";
import { isTransientText } from "../argocd/argocd-errors.ts";
import type { ArgocdAccess } from "../argocd/argocd-server.ts";
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
 * life. What was accepted, run and replaced by somebody else's operation before we looked is known only by the history, which
 * does not keep our identity: there the account has to be ours, as others may have deployed the very same revision.
 */
export async function adoptOperation(
  server: ArgocdAccess,
  { application, revision, context, checkpoint }: Asked,
): Promise<SyncedOperation | undefined> {
  const { run, path } = context.effect;
  const own = findOwnOperation(application, { run, step: path });
  if (own !== undefined) {
    if (isOver(own, { application, context, checkpoint })) return undefined;
    const found = checkpoint ?? { before: rememberBefore(application), postedAtMs: context.startedAt };
    return postedOperation(context, { ...found, attempt: attemptOf(own) });
  }
  if (checkpoint === undefined || checkpoint.before.uid !== application.metadata.uid) return undefined;
  const entries = deployedSince(application, checkpoint).filter((entry) => revisionList(entry).includes(revision));
  if (entries.length === 0) return undefined;
  const { username } = await server.client.userInfo({ signal: context.signal });
  return entries.some((entry) => isBy(entry, username)) ? postedOperation(context, checkpoint) : undefined;
}

/** What has come into the history since the checkpoint. */
export function deployedSince(
  { status }: Application,
  { before }: Pick<PostCheckpoint, "before">,
): readonly HistoryEntry[] {
  return status.history.filter(({ id }) => id > before.historyId);
}

/** Whether this account may have deployed it. Who did is not in entries that an old Argo CD has written. */
export function isBy({ initiatedBy }: HistoryEntry, username: string): boolean {
  return initiatedBy.username === username || (initiatedBy.username === "" && !initiatedBy.automated);
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
function isOver(own: OwnOperation, { application, context, checkpoint }: Omit<Asked, "revision">): boolean {
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
