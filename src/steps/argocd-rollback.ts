import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import { autoSyncOn, revisionList } from "../argocd/application-facts.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import type { AppLocation, ArgocdAccess } from "../argocd/argocd-server.ts";
import { hasOperationInProgress } from "../argocd/operation-identity.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../engine/step-kind.ts";
import { deployedSince, isBy, postedOperation } from "./adopt-operation.ts";
import type { ArgocdSyncDeps } from "./argocd-sync.ts";
import { findRollback } from "./asked-operation.ts";
import { readApp } from "./locate.ts";
import { ROLLBACK_NOTES } from "./own-notes.ts";
import { afterFailedPost, busy, closed } from "./post-outcome.ts";
import { storedDigest, storedEntry } from "./stored-sources.ts";
import { approvalChanges, autoSyncRollback, refusalOf } from "./sync-preflight.ts";
import { prepareSync, SyncPreparation } from "./sync-preparation.ts";
import { lookBefore, PostCheckpoint, SyncedOperation } from "./synced-operation.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** The full commit; its last deployment in Argo CD's history is what is restored. */
  revision: z.string().regex(/^[0-9a-f]{40}$/u, "a full commit of 40 hexadecimal digits"),
  /** Whether resources that have been added since are deleted; false unless said. */
  prune: z.boolean().optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** What the wait needs to find this operation again. */
  operation: SyncedOperation,
  revision: z.string(),
  /** What people should know about it. */
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

/**
 * Has Argo CD roll back to a deployment that it remembers, with the sources as they were then: path and parameters come back as well,
 * hooks are left out. It cannot carry our identity, so it is found again by what it restores and by the history after the checkpoint.
 */
export function argocdRollback(deps: ArgocdSyncDeps): StepKind {
  const { preparation, servers } = deps;
  return defineAction({
    kind: "argocd/rollback",
    summary: "Rolls an Argo CD application back to a deployment in its history, with the sources as they were.",
    input: Input,
    output: Output,
    notes: ROLLBACK_NOTES,
    repeat: "keyed",
    protects: true,
    stopWith: "argocd/terminate",
    prepare:
      preparation && ((input, context) => prepareSync({ ...preparation, servers }, { ...input, back: true }, context)),
    run: (input, context) => rollBack(deps, input, context),
  });
}

async function rollBack(deps: ArgocdSyncDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { rule } = SyncPreparation.parse(context.prepared);
  const { signal } = context;
  context.progress({ text: "Reading the application" });
  const { application, location } = await readApp(deps.servers, { app: input.app, signal });
  const known = PostCheckpoint.safeParse(context.checkpointed).data;
  const own = known && adopt(application, context, known);
  if (own !== undefined) return accepted(input, own);
  const refusal = refusalOf(application);
  if (refusal !== undefined) return refusal;
  if (autoSyncOn(application)) return autoSyncRollback(application);
  if (hasOperationInProgress(application)) return busy(application);
  const entry = storedEntry(application, input.revision);
  if (entry === undefined) return notStored(application, input);
  const sourceDigest = storedDigest(entry);
  const { app, revision } = input;
  const intended = { context, app, revision, serverUrl: location.server.url, rule };
  const changed = approvalChanges(application, { ...intended, strategy: "stored", sourceDigest });
  if (changed !== undefined) return changed;
  // Argo CD would accept it, and then block the application until the window opens.
  const { canSync } = await location.server.client.syncWindows(location.address, { signal });
  if (!canSync) return closed(application.metadata.name);
  const { username } = await location.server.client.userInfo({ signal });
  const restores = { historyId: entry.id, revisions: [...revisionList(entry)], sourceDigest, username };
  const { attempt } = context.effect;
  const checkpoint = { before: lookBefore(application), postedAtMs: deps.clock.now(), attempt, restores };
  return await post(location, { input, context, checkpoint });
}

async function post(
  location: AppLocation<ArgocdAccess>,
  posted: {
    readonly input: Input;
    readonly context: ActionContext;
    readonly checkpoint: PostCheckpoint & { readonly restores: { readonly historyId: number } };
  },
): Promise<StepResult<Output>> {
  const { input, context, checkpoint } = posted;
  await context.checkpoint(JSON.parse(JSON.stringify(checkpoint)));
  // Recording takes a while, in which the run may have been stopped or have run out of time.
  context.signal.throwIfAborted();
  context.progress({ text: `Asking Argo CD to roll back to ${input.revision.slice(0, 7)}` });
  const { historyId } = checkpoint.restores;
  try {
    // Not given the signal: a request that is under way when the server stops is better finished than left unknown.
    await location.server.client.rollback(location.address, { historyId, prune: input.prune ?? false });
  } catch (error) {
    if (!(error instanceof ArgocdError)) throw error;
    const look = (current: Application): Promise<SyncedOperation | undefined> =>
      Promise.resolve(adopt(current, context, checkpoint));
    const after = await afterFailedPost(location, { error, look, signal: context.signal });
    return after.kind === "adopted" ? accepted(input, after.operation) : after.result;
  }
  return accepted(input, postedOperation(context, checkpoint));
}

/** The rollback that was asked for at the checkpoint, under way, ended, or known only by the history since. */
function adopt(
  application: Application,
  context: ActionContext,
  checkpoint: PostCheckpoint,
): SyncedOperation | undefined {
  const { restores, before } = checkpoint;
  if (restores === undefined || application.metadata.uid !== before.uid) return undefined;
  const isDeployed = deployedSince(application, checkpoint).some(
    (entry) => revisionList(entry).join(" ") === restores.revisions.join(" ") && isBy(entry, restores.username),
  );
  const isThere = isDeployed || findRollback(application, checkpoint) !== undefined;
  return isThere ? postedOperation(context, checkpoint) : undefined;
}

function accepted(input: Input, operation: SyncedOperation): StepResult<Output> {
  const notes = ["It is Argo CD's own rollback: the sources are as they were then, and hooks are left out."];
  return { status: "succeeded", output: { operation, revision: input.revision, notes } };
}

function notStored(application: Application, { revision }: Input): StepResult<never> {
  const { name } = application.metadata;
  const message = `Argo CD does not remember a deployment of ${revision.slice(0, 7)} on ${name} any more. Roll back without --stored.`;
  return { status: "failed", failure: { code: "rollback.not-stored", message, retry: "never" } };
}
