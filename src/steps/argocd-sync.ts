import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import { autoSyncOn, isMultiSource, targetOf } from "../argocd/application-facts.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import { type AppLocation, type ArgocdAccess, commitSources } from "../argocd/argocd-server.ts";
import { hasOperationInProgress, infosOf } from "../argocd/operation-identity.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { adoptOperation, postedOperation } from "./adopt-operation.ts";
import { ApprovalInput, askedBesides } from "./approval-input.ts";
import { digestsThere } from "./custody/approved-images.ts";
import { failedToBegin } from "./follow-start.ts";
import { isWholeAt, sourceDigest } from "./live-revision.ts";
import { readApp } from "./locate.ts";
import { SYNC_NOTES } from "./own-notes.ts";
import { afterFailedPost, busy } from "./post-outcome.ts";
import { approvalChanges, autoSyncRollback, refusalOf } from "./sync-preflight.ts";
import { type PreparationDeps, prepareSync, stepBack, SyncPreparation } from "./sync-preparation.ts";
import { lookBefore, PostCheckpoint, SyncedOperation } from "./synced-operation.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** The full commit. */
  revision: z.string().regex(/^[0-9a-f]{40}$/u, "a full commit of 40 hexadecimal digits"),
  /** Whether resources that left Git are deleted; false unless said. */
  prune: z.boolean().optional(),
  /** Syncs even where the revision is proven and still live. */
  again: z.boolean().optional(),
  /** Whether the revision may lie before what is live, as in a rollback; false unless said. */
  back: z.boolean().optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** What the wait needs to find this operation again. */
  operation: SyncedOperation,
  revision: z.string(),
  before: z.string().optional().meta({ description: "The commit that was live before" }),
  /** True when nothing was synced, because the revision is proven and still live. */
  skipped: z.boolean(),
  /** True when nothing was posted, because Argo CD syncs the application by itself. */
  tracked: z.boolean(),
  /** What people should know about it. */
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

export interface ArgocdSyncDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  readonly clock: Pick<Clock, "now" | "sleep" | "monotonic">;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: PreparationDeps | undefined;
}

/**
 * Starts an Argo CD sync at a revision, and ends when Argo CD has accepted it and begun. Before it posts it looks for its own operation
 * by `infos`, and for its trace in the history, so that it never starts a second one for the same attempt. Where Argo CD syncs
 * the application by itself it posts nothing.
 */
export function argocdSync(deps: ArgocdSyncDeps): StepKind {
  const { preparation, servers } = deps;
  return defineAction({
    kind: "argocd/sync",
    summary: "Syncs an Argo CD application at a revision.",
    input: Input,
    output: Output,
    notes: SYNC_NOTES,
    repeat: "keyed",
    protects: true,
    stopWith: "argocd/terminate",
    prepare: preparation && ((input, context) => prepareSync({ ...preparation, servers }, input, context)),
    run: (input, context) => sync(deps, input, context),
  });
}

async function sync(deps: ArgocdSyncDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { rule, ...preparation } = SyncPreparation.parse(context.prepared);
  context.progress({ text: "Reading the application" });
  const { application, location } = await readApp(deps.servers, { app: input.app, signal: context.signal });
  const { revision } = input;
  const checkpoint = PostCheckpoint.safeParse(context.checkpointed).data;
  const own = await adoptOperation(location.server, { application, revision, context, checkpoint });
  if (own !== undefined) return succeeded(input, own);
  const refusal = refusalOf(application);
  if (refusal !== undefined) return refusal;
  const isTracked = autoSyncOn(application);
  if (!isTracked && hasOperationInProgress(application)) return busy(application);
  if (!isTracked && !input.again && isProvenAndLive(application, input, context)) {
    return succeeded(input, nothingPosted(deps, application, { context, skipped: true }));
  }
  const changed = await changedSince(location, { application, input, context, rule });
  if (changed !== undefined) return changed;
  if (isTracked) return track(deps, application, { input, context });
  const back = stepBack(application, { input, facts: context.facts, preparation });
  if (back !== undefined) return back;
  return post(deps, location, { application, input, context });
}

/** What is no longer as it was approved, as it is there now. */
async function changedSince(
  location: AppLocation<ArgocdAccess>,
  { application, input, context, rule }: Attempt & Pick<SyncPreparation, "rule">,
): Promise<StepResult<Output> | undefined> {
  const { app, revision } = input;
  const asked = context.facts.approved?.asked;
  const digests = asked === undefined ? [] : askedBesides(ApprovalInput.parse(asked)).imageDigests;
  const imageDigests = await digestsThere(location, { application, revision, digests, signal: context.signal });
  return approvalChanges(application, { context, app, revision, serverUrl: location.server.url, rule, imageDigests });
}

/** Auto-sync does the work, and the wait proves it: from what the application is like now, all is still to come or already there. */
function track(
  deps: ArgocdSyncDeps,
  application: Application,
  { input, context }: Pick<Attempt, "input" | "context">,
): StepResult<Output> {
  if (input.back === true) return autoSyncRollback(application);
  const operation = { ...nothingPosted(deps, application, { context, skipped: false }), tracked: true };
  const notes = [`Argo CD syncs ${application.metadata.name} by itself from ${targetOf(application)}.`];
  return { status: "succeeded", output: { ...outputOf(input, operation), tracked: true, notes } };
}

interface Attempt {
  readonly application: Application;
  readonly input: Input;
  readonly context: ActionContext;
}

async function post(
  deps: ArgocdSyncDeps,
  location: AppLocation<ArgocdAccess>,
  attempt: Attempt,
): Promise<StepResult<Output>> {
  const { application, input, context } = attempt;
  const { run, path, attempt: number } = context.effect;
  const checkpoint = { before: lookBefore(application), postedAtMs: deps.clock.now(), attempt: number };
  await context.checkpoint(JSON.parse(JSON.stringify(checkpoint)));
  // Recording takes a while, in which the run may have been stopped or have run out of time.
  context.signal.throwIfAborted();
  context.progress({ text: `Asking Argo CD to sync ${input.revision.slice(0, 7)}` });
  const infos = [
    ...infosOf({ run, step: path, attempt: number }),
    { name: "Reason", value: `${context.facts.runTitle}, asked for by Slack user ${context.facts.requesterUser}` },
  ];
  try {
    // Not given the signal: a request that is under way when the server stops is better finished than left unknown.
    await location.server.client.sync(location.address, {
      ...revisionsOf(application, input.revision),
      infos,
      prune: input.prune ?? false,
    });
  } catch (error) {
    if (!(error instanceof ArgocdError)) throw error;
    const look = (current: Application): Promise<SyncedOperation | undefined> =>
      adoptOperation(location.server, { application: current, revision: input.revision, context, checkpoint });
    const after = await afterFailedPost(location, { error, look, signal: context.signal });
    return after.kind === "adopted" ? succeeded(input, after.operation) : after.result;
  }
  const failure = await failedToBegin(location, { context, clock: deps.clock });
  if (failure !== undefined) return { status: "failed", failure };
  return succeeded(input, postedOperation(context, checkpoint));
}

function revisionsOf(
  application: Application,
  revision: string,
): { revision: string } | { sources: { position: number; revision: string }[] } {
  if (!isMultiSource(application)) return { revision };
  return { sources: commitSources(application).indexes.map((index) => ({ position: index + 1, revision })) };
}

function succeeded(input: Input, operation: SyncedOperation): StepResult<Output> {
  return { status: "succeeded", output: outputOf(input, operation) };
}

function outputOf({ revision }: Input, operation: SyncedOperation): Output {
  const { skipped, before } = operation;
  const live = before.revision === undefined ? {} : { before: before.revision };
  return { operation, revision, ...live, skipped, tracked: false, notes: [] };
}

function nothingPosted(
  deps: ArgocdSyncDeps,
  application: Application,
  { context, skipped }: { readonly context: ActionContext; readonly skipped: boolean },
): SyncedOperation {
  const { run, path, attempt } = context.effect;
  const postedAtMs = deps.clock.now();
  return { run, step: path, attempt, skipped, before: lookBefore(application), postedAtMs };
}

/** Decision of the product: what is proven, still live and unchanged in its sources is not synced again. */
function isProvenAndLive(application: Application, input: Input, { facts }: ActionContext): boolean {
  const { proof } = facts;
  return (
    proof !== undefined &&
    proof.revision === input.revision &&
    proof.applicationUid === application.metadata.uid &&
    proof.sourceDigest === sourceDigest(application) &&
    isWholeAt(application, input.revision)
  );
}
