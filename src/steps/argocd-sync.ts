import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import { isMultiSource, revisionList } from "../argocd/application-facts.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import { type AppLocation, type ArgocdAccess, commitSources, locateApp, withProject } from "../argocd/argocd-server.ts";
import { rememberBefore } from "../argocd/expectation.ts";
import {
  findOwnOperation,
  hasOperationInProgress,
  identityOf,
  infosOf,
  type OwnOperation,
  summarizeOperation,
} from "../argocd/operation-identity.ts";
import {
  type ActionContext,
  defineAction,
  type StepContext,
  type StepKind,
  type StepResult,
} from "../engine/step-kind.ts";
import { tryAppRef } from "../domain/target.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { isWholeAt, sourceDigest } from "./live-revision.ts";
import { approvalChanges, refusalOf } from "./sync-preflight.ts";
import { type PreparationDeps, prepareSync, stepBack, SyncPreparation } from "./sync-preparation.ts";
import { SyncedOperation } from "./synced-operation.ts";

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
  /** True when nothing was synced, because the revision is proven and still live. */
  skipped: z.boolean(),
});
type Output = z.infer<typeof Output>;

const Checkpoint = z.strictObject({
  before: SyncedOperation.shape.before,
  postedAtMs: z.number(),
});
type Checkpoint = z.infer<typeof Checkpoint>;

export interface ArgocdSyncDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  readonly clock: Pick<Clock, "now">;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: PreparationDeps | undefined;
}

// How soon an application that somebody else is syncing, or whose window is closed, is looked at again.
const BUSY_AGAIN_MS = 10_000;
const WINDOW_AGAIN_MS = 60_000;

/**
 * Starts an Argo CD sync at a revision, and ends when Argo CD has accepted it. Before it posts it looks for its own operation
 * by `infos`, and for its trace in the history, so that it never starts a second one for the same attempt.
 */
export function argocdSync(deps: ArgocdSyncDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "argocd/sync",
    summary: "Syncs an Argo CD application at a revision.",
    input: Input,
    output: Output,
    repeat: "keyed",
    protects: true,
    prepare:
      preparation &&
      (async (input, context) => {
        const { application } = await read(deps, input, context);
        return await prepareSync(preparation, application, { input, context });
      }),
    run: (input, context) => sync(deps, input, context),
  });
}

async function read(
  deps: ArgocdSyncDeps,
  input: Input,
  context: StepContext,
): Promise<{ readonly application: Application; readonly location: Location }> {
  context.progress({ text: "Reading the application" });
  const key = tryAppRef(input.app);
  if (key === undefined) {
    throw new AppError(`"${input.app}" is not server/namespace/name of an application.`, { code: "step.input" });
  }
  const named = locateApp(deps.servers, key);
  const application = await named.server.client.getApplication(named.address, { signal: context.signal });
  return { application, location: withProject(named, application) };
}

async function sync(deps: ArgocdSyncDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const preparation = SyncPreparation.parse(context.prepared);
  const { application, location } = await read(deps, input, context);
  const known = Checkpoint.safeParse(context.checkpointed).data;
  const own = adopt({ application, input, context, checkpoint: known });
  if (own !== undefined) return own;
  const refusal = refusalOf(application, input.revision);
  if (refusal !== undefined) return refusal;
  if (hasOperationInProgress(application)) return busy(application);
  if (!input.again && isProvenAndLive(application, input, context))
    return skipped(deps, application, { input, context });
  const { revision } = input;
  const now = { context, revision, serverUrl: location.server.url, rule: preparation.rule };
  const changed = approvalChanges(application, now);
  if (changed !== undefined) return changed;
  const back = stepBack(application, { input, facts: context.facts, preparation });
  if (back !== undefined) return back;
  return post(deps, location, { application, input, context });
}

type Location = AppLocation<ArgocdAccess>;

interface Attempt {
  readonly application: Application;
  readonly input: Input;
  readonly context: ActionContext;
}

async function post(deps: ArgocdSyncDeps, location: Location, attempt: Attempt): Promise<StepResult<Output>> {
  const { application, input, context } = attempt;
  const checkpoint: Checkpoint = { before: rememberBefore(application), postedAtMs: deps.clock.now() };
  await context.checkpoint(JSON.parse(JSON.stringify(checkpoint)));
  // Recording takes a while, in which the run may have been stopped or have run out of time.
  context.signal.throwIfAborted();
  context.progress({ text: `Asking Argo CD to sync ${input.revision.slice(0, 7)}` });
  const { run, path, attempt: number } = context.effect;
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
    return await afterFailedPost(location, { ...attempt, checkpoint, error });
  }
  return accepted(input, context, checkpoint);
}

/** The POST failed, or its answer was lost: what is in Argo CD now decides which. */
async function afterFailedPost(
  location: Location,
  failed: Attempt & { readonly checkpoint: Checkpoint; readonly error: unknown },
): Promise<StepResult<Output>> {
  const { input, context, checkpoint, error } = failed;
  if (!(error instanceof ArgocdError)) throw error;
  if (error.class === "window") {
    const message = `A sync window of Argo CD keeps ${failed.application.metadata.name} closed.`;
    return { status: "postponed", code: error.code, message, afterMs: WINDOW_AGAIN_MS };
  }
  if (error.class !== "busy" && error.retry === "never" && !UNKNOWN_RESULT.has(error.class)) throw error;
  const application = await location.server.client.getApplication(location.address, { signal: context.signal });
  const own = adopt({ application, input, context, checkpoint });
  if (own !== undefined) return own;
  if (error.class === "busy") return busy(application);
  // Argo CD shows nothing of ours, so trying again can do no harm.
  throw new AppError(error.message, { code: error.code, retry: "backoff", cause: error });
}

// After these nobody knows whether the sync was accepted.
const UNKNOWN_RESULT = new Set([
  "server",
  "transient",
  "unreachable",
  "timeout",
  "bad-response",
  "not-json",
  "too-large",
]);

function revisionsOf(
  application: Application,
  revision: string,
): { revision: string } | { sources: { position: number; revision: string }[] } {
  if (!isMultiSource(application)) return { revision };
  return { sources: commitSources(application).indexes.map((index) => ({ position: index + 1, revision })) };
}

/**
 * Our operation for this step, of this attempt or of an earlier one whose request was taken to be lost, at any point of its
 * life. What was accepted, run and replaced by somebody else's operation before we looked is known only by the history.
 */
function adopt({
  application,
  input,
  context,
  checkpoint,
}: Attempt & { readonly checkpoint: Checkpoint | undefined }): StepResult<Output> | undefined {
  const { run, path } = context.effect;
  const own = findOwnOperation(application, { run, step: path });
  const found = checkpoint ?? { before: rememberBefore(application), postedAtMs: context.startedAt };
  if (own !== undefined) return accepted(input, context, { ...found, attempt: attemptOf(own) });
  if (checkpoint === undefined) return undefined;
  const { uid, historyId } = checkpoint.before;
  const isDeployed = application.status.history.some(
    (entry) => entry.id > historyId && revisionList(entry).includes(input.revision),
  );
  return isDeployed && uid === application.metadata.uid ? accepted(input, context, checkpoint) : undefined;
}

function attemptOf(own: OwnOperation): number | undefined {
  return identityOf(own.kind === "requested" ? own.operation : own.state.operation)?.attempt;
}

function accepted(
  input: Input,
  context: ActionContext,
  { before, postedAtMs, attempt }: Checkpoint & { readonly attempt?: number | undefined },
): StepResult<Output> {
  const { run, path } = context.effect;
  const operation = { run, step: path, attempt: attempt ?? context.effect.attempt, skipped: false, before, postedAtMs };
  return { status: "succeeded", output: { operation, revision: input.revision, skipped: false } };
}

function skipped(
  deps: ArgocdSyncDeps,
  application: Application,
  { input, context }: Omit<Attempt, "application">,
): StepResult<Output> {
  const { run, path, attempt } = context.effect;
  const operation = {
    run,
    step: path,
    attempt,
    skipped: true,
    before: rememberBefore(application),
    postedAtMs: deps.clock.now(),
  };
  return { status: "succeeded", output: { operation, revision: input.revision, skipped: true } };
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

function busy(application: Application): StepResult<Output> {
  const other = summarizeOperation(application);
  const who = other?.initiatedBy ?? "someone else";
  const since = other?.startedAt === undefined ? "" : ` since ${other.startedAt}`;
  const message = `Argo CD is busy with an operation of ${who}${since} (${other?.phase ?? "pending"}).`;
  return { status: "postponed", code: "argocd.busy", message, afterMs: BUSY_AGAIN_MS };
}
