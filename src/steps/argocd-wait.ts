import { z } from "zod";

import { ArgocdError, type ArgocdErrorClass } from "../argocd/argocd-errors.ts";
import { type AppLocation, type ArgocdServer, commitSources, expectedRevisions } from "../argocd/argocd-server.ts";
import type { Application } from "../argocd/application.ts";
import { type AssessTiming, type Expectation, rememberBefore } from "../argocd/expectation.ts";
import type { AncestryQuestion, FailedVerdict, ProofEvidence } from "../argocd/verdict.ts";
import { TOKEN_PATIENCE_MS } from "../argocd/outage.ts";
import { waitForApplication } from "../argocd/wait-for-application.ts";
import { JsonValue } from "../domain/outcome.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { CommitsReader } from "./gate-commits.ts";
import { sourceDigest } from "./live-revision.ts";
import { locate } from "./locate.ts";
import { WAIT_NOTES } from "./own-notes.ts";
import { SyncedOperation } from "./synced-operation.ts";
import { awayProgress, progressOf, refusedProgress } from "./wait-progress.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** The full commit. */
  revision: z.string(),
  /** What the sync before put out; without it the revision has to be live already. */
  operation: SyncedOperation.optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** The one that is live: under auto-sync it may be a later one that holds the one asked for. */
  revision: z.string(),
  /** When it was proven, in milliseconds since the epoch. */
  provenAt: z.number(),
  healthySince: z.number(),
  applicationUid: z.string(),
  sourceDigest: z.string(),
  /** True when the sync changed no resource. */
  changedNothing: z.boolean(),
  /** `Synced`, or `OutOfSync` where the branch has moved on and the application is pinned. */
  sync: z.string(),
  /** What people should know although it succeeded. */
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

export interface ArgocdWaitDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly clock: Clock;
  readonly git: CommitsReader;
  /** How long things may take for an application. */
  readonly timingOf: (app: string, environment?: string) => AssessTiming;
}

/** Waits until an application is Synced and Healthy at a revision, and has stayed so through the settle time. */
export function argocdWait(deps: ArgocdWaitDeps): StepKind {
  return defineWait({
    kind: "argocd/wait",
    summary: "Waits until an application is applied and healthy at a revision, and stays so.",
    input: Input,
    output: Output,
    notes: WAIT_NOTES,
    run: (input, context) => wait(deps, input, context),
  });
}

async function wait(deps: ArgocdWaitDeps, input: Input, context: StepContext): Promise<StepResult<Output>> {
  const location = locate(deps.servers, input.app);
  const { client, cache } = location.server;
  const timing = deps.timingOf(input.app, context.facts.place?.target.environment);
  // Whoever asked for the sync may have another clock than ours, and ours may have been set back since the step was started.
  const postedAtMs = Math.min(context.startedAt, deps.clock.now());
  // It is kept as long as the wait lasts.
  const application = cache.offer(await firstLook(location, { clock: deps.clock, context }));
  const request = {
    app: { ...location.address, project: application.spec.project },
    expectation: expectationOf(application, { input, timing, postedAtMs }),
    signal: context.signal,
    onProgress: (news: Parameters<typeof progressOf>[0]) => context.progress(progressOf(news)),
    isAncestor: (question: AncestryQuestion) => isAncestor(deps.git, question, { application, signal: context.signal }),
  };
  const verdict = await waitForApplication({ client, cache, clock: deps.clock }, request);
  return verdict.kind === "proven" ? proven(application, input, verdict.evidence) : failed(verdict);
}

/** Undefined while Git cannot say: then it is asked again. */
async function isAncestor(
  git: CommitsReader,
  { ancestor, descendant }: AncestryQuestion,
  { application, signal }: { readonly application: Application; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  const { repository } = commitSources(application);
  try {
    const { kind } = await git.commitsBetween({ repository, from: ancestor, to: descendant, paths: [], signal });
    return kind.startsWith("unknown") ? undefined : kind === "forward" || kind === "same";
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const UNREACHABLE_AGAIN_MS = 5000;

/** The application, however long Argo CD is away: an outage is waited out, only the step's own time limit ends it. */
async function firstLook(
  location: AppLocation,
  how: { readonly clock: Clock; readonly context: StepContext },
): Promise<Application> {
  const { clock, context } = how;
  const sinceMs = clock.now();
  for (;;) {
    try {
      return await location.server.client.getApplication(location.address, { signal: context.signal });
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof ArgocdError && GONE.has(error.class)) throw vanished(location);
      const isRefused = error instanceof ArgocdError && error.class === "auth";
      const isWorthIt = isRefused && clock.now() - sinceMs < TOKEN_PATIENCE_MS;
      if (!isWorthIt && (!(error instanceof AppError) || error.retry === "never")) throw error;
      context.progress(isRefused ? refusedProgress(sinceMs) : awayProgress(sinceMs));
      await clock.sleep(UNREACHABLE_AGAIN_MS, context.signal);
    }
  }
}

// Without its project in the call, Argo CD hides what does not exist.
const GONE: ReadonlySet<ArgocdErrorClass> = new Set(["gone", "hidden"]);

/** It was there when it was synced. */
function vanished({ address }: AppLocation): AppError {
  const message =
    `The application ${address.namespace}/${address.name} does not exist in Argo CD any more, or the account may not see it now. ` +
    `Check who deleted it or changed the account's rights, then start it again.`;
  return new AppError(message, { code: "argocd.gone" });
}

interface Expected {
  readonly input: Input;
  readonly timing: AssessTiming;
  /** When the sync had been posted, on our clock. */
  readonly postedAtMs: number;
}

function expectationOf(application: Application, { input, timing, postedAtMs }: Expected): Expectation {
  const { operation } = input;
  const revisions = expectedRevisions(application, input.revision);
  if (operation === undefined || operation.skipped) {
    return { mode: "proven", revisions, before: operation?.before ?? rememberBefore(application), timing };
  }
  const { run, step, attempt, before } = operation;
  // It cannot carry our identity: what it restores is looked for instead.
  if (operation.restores !== undefined) return { mode: "pin", revisions, before, postedAtMs, timing };
  if (operation.tracked === true) return { mode: "track", revisions, before, timing };
  return { mode: "pin", revisions, operation: { run, step, attempt }, before, postedAtMs, timing };
}

function proven(application: Application, input: Input, evidence: ProofEvidence): StepResult<Output> {
  const output: Output = {
    revision: evidence.descendant ?? input.revision,
    provenAt: evidence.provenAtMs,
    healthySince: evidence.healthySinceMs,
    applicationUid: evidence.uid,
    sourceDigest: input.operation?.restores?.sourceDigest ?? sourceDigest(application),
    changedNothing: evidence.changedNothing,
    sync: evidence.sync,
    notes: notesOf(evidence, input.revision),
  };
  return { status: "succeeded", output };
}

function notesOf({ branchRevision, descendant, pruneSkipped, supersededBy }: ProofEvidence, asked: string): string[] {
  const notes: string[] = [];
  if (descendant !== undefined) {
    const [live, ours] = [descendant.slice(0, 7), asked.slice(0, 7)];
    notes.push(`The branch has moved on: ${live} is live there, which holds ${ours}.`);
  }
  if (branchRevision !== undefined) {
    notes.push(`Argo CD shows OutOfSync, because the branch is at ${branchRevision.slice(0, 7)}; that is expected.`);
  }
  if (pruneSkipped.length > 0) {
    const names = pruneSkipped.slice(0, 3).map(({ kind, name }) => `${kind}/${name}`);
    const more = pruneSkipped.length > names.length ? " and others" : "";
    const what =
      pruneSkipped.length === 1 ? "1 resource left Git and was" : `${pruneSkipped.length} resources left Git and were`;
    notes.push(`${what} not pruned: ${names.join(", ")}${more}.`);
  }
  if (supersededBy !== undefined)
    notes.push(`A later operation of ${supersededBy.initiatedBy} left it at the same revision.`);
  return notes;
}

// What a failure's details hold goes to Slack and into the log: enough to act on, not the whole cluster.
const MOST_RESOURCES = 10;

function failed(verdict: FailedVerdict): StepResult<Output> {
  const resources = verdict.resources.slice(0, MOST_RESOURCES).map(({ kind, namespace, name, status, message }) => ({
    kind,
    namespace,
    name,
    status,
    message: message.slice(0, 500),
  }));
  const details = { resources: JsonValue.parse(resources) };
  return { status: "failed", failure: { code: verdict.code, message: verdict.message, retry: verdict.retry, details } };
}
