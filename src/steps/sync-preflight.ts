import type { Application } from "../argocd/application.ts";
import {
  autoSyncOn,
  errorConditions,
  isDeleting,
  skipsReconcile,
  targetOf,
  usesHydrator,
} from "../argocd/application-facts.ts";
import {
  currentState,
  findOwnOperation,
  identityOf,
  isOwn,
  operationFingerprint,
  summarizeOperation,
  syncedRevisions,
} from "../argocd/operation-identity.ts";
import { changedFields, changesText, type GateSubject, subjectDigest } from "../domain/gate.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { ActionContext, StepResult } from "../engine/step-kind.ts";
import { shortId } from "../platform/ids.ts";
import { ApprovalInput, askedBesides } from "./approval-input.ts";
import { gateSubject } from "./gate-subject.ts";
import { appliedRevision, sourceDigest } from "./live-revision.ts";
import { PostCheckpoint } from "./synced-operation.ts";

type Refusal = Extract<StepResult<never>, { status: "failed" }>;

/** Why this application cannot be synced at a revision of our choice, whatever we do; undefined when it can. */
export function refusalOf(application: Application): Refusal | undefined {
  const { name } = application.metadata;
  if (isDeleting(application)) {
    return failed(
      "argocd.deleting",
      `${name} is being deleted in Argo CD. Create it again before anything is deployed to it.`,
    );
  }
  if (skipsReconcile(application)) {
    return failed(
      "argocd.skip-reconcile",
      `${name} carries the annotation argocd.argoproj.io/skip-reconcile, so Argo CD would accept the sync and never run it. Remove the annotation.`,
    );
  }
  if (usesHydrator(application)) {
    return failed(
      "argocd.hydrator",
      `${name} uses Argo CD's source hydrator, whose commits are not the ones people name. It cannot be promoted by commit.`,
    );
  }
  const invalid = errorConditions(application).find((condition) => condition.type === "InvalidSpecError");
  if (invalid !== undefined) {
    return failed("argocd.bad-spec", `Argo CD says that the definition of ${name} is invalid: ${invalid.message}`);
  }
  return undefined;
}

/** Going back where Argo CD syncs by itself: it would go forward again at once, so nothing is tried. */
export function autoSyncRollback(application: Application): Refusal {
  const { name } = application.metadata;
  const branch = targetOf(application);
  const message =
    `${name} syncs itself from ${branch} (auto-sync), so Argo CD would undo a rollback at once. ` +
    `Revert the commit on ${branch}, and Argo CD goes back by itself; or switch auto-sync off for ${name}, then roll back.`;
  return failed("argocd.auto-sync-rollback", message);
}

/** What a sync would do now, for a comparison with what was approved. */
interface AboutToSync {
  readonly context: ActionContext;
  /** `server/namespace/name` as the step names it. */
  readonly app: string;
  readonly revision: string;
  readonly serverUrl: string;
  /** What the environment asks for, as the configuration says now; undefined where it asks nobody. */
  readonly rule: ApprovalRule | undefined;
  /** Where it is not a plain sync, how it is done, and from which sources. */
  readonly strategy?: GateSubject["strategy"];
  readonly sourceDigest?: string;
  /** Those of the approved images that the manifests have now; absent where that cannot be looked up. */
  readonly imageDigests?: readonly string[];
}

/**
 * What people approved is compared with what is there now, just before the effect. A difference voids the approval: the run
 * goes back to its gate and shows the difference. Nothing is done either where people are to be asked only since the run started.
 */
export function approvalChanges(application: Application, now: AboutToSync): Refusal | undefined {
  const { facts } = now.context;
  if (facts.approved === undefined) return now.rule === undefined ? undefined : unasked(application);
  const { subject, digest, gate, planDigest, asked } = facts.approved;
  const { imageDigests, ...besides } = askedBesides(ApprovalInput.parse(asked));
  const current = gateSubject({
    application,
    serverUrl: now.serverUrl,
    facts,
    planDigest,
    gate,
    app: now.app,
    revision: now.revision,
    rule: now.rule,
    sourceDigest: now.sourceDigest ?? sourceDigest(application),
    strategy: now.strategy ?? strategyOf(application),
    fromRevision: fromRevision(application, now, subject),
    ...besides,
    imageDigests: now.imageDigests ?? imageDigests,
  });
  const changed = [...changedFields(subject, current)];
  if (changed.length > 0) return voided(changed, `${changesText(subject, current)} between the approval and the sync`);
  // The people signed the digest: where what came with it is not of it, it is not known what they saw.
  if (digest !== subjectDigest(subject)) return voided([], "what was approved is not what the decision was about");
  const other = deployedSince(application, now);
  return other === undefined ? undefined : voided([], `${other} since it was approved and tried`);
}

/**
 * Who deployed there after this very step, which is done over: then what is live may be what it was when people decided, such as
 * after a rollback, and yet what they approved has been undone. Only the last operation is seen: a dry run may hide another one.
 */
function deployedSince(application: Application, { context }: AboutToSync): string | undefined {
  const state = currentState(application);
  if (state === undefined || !isDoneOver(application, context) || autoSyncOn(application)) return undefined;
  const { operation } = state;
  if (isOwn(operation, { run: context.effect.run })) return undefined;
  const run = identityOf(operation)?.run;
  const who = run === undefined ? summarizeOperation(application)?.initiatedBy : shortId(run);
  const what = syncedRevisions(state).map((revision) => revision.slice(0, 7));
  const how = operation.sync.dryRun ? "has tried out a sync of" : "has synced";
  return `${who ?? "somebody"} ${how} ${application.metadata.name} at ${what.join(", ") || "another revision"}`;
}

/** By a person, or by itself: an earlier attempt has written down what it found, and the operation there is another one now. */
function isDoneOver(application: Application, { facts, checkpointed }: ActionContext): boolean {
  if (facts.approved?.isUsed === true) return true;
  const before = PostCheckpoint.safeParse(checkpointed).data?.before;
  return before !== undefined && before.operation !== operationFingerprint(application);
}

function voided(changed: readonly string[], message: string): Refusal {
  return {
    status: "failed",
    failure: { code: "approval.void", message, retry: "never", details: { changed: [...changed] } },
  };
}

/** That auto-sync, or an earlier attempt of this very step, has brought exactly what was approved is no reason to ask again. */
function fromRevision(application: Application, { context, revision }: AboutToSync, subject: GateSubject): string {
  const live = appliedRevision(application);
  const { run, path } = context.effect;
  const isOwnDoing = findOwnOperation(application, { run, step: path })?.kind === "finished";
  return live === revision && (autoSyncOn(application) || isOwnDoing) ? subject.fromRevision : live;
}

/** How a revision gets into the application, unless a rollback of Argo CD's own is meant. */
export function strategyOf(application: Application): GateSubject["strategy"] {
  return autoSyncOn(application) ? "track" : undefined;
}

function unasked(application: Application): Refusal {
  const { name } = application.metadata;
  const message = `The environment of ${name} has been set to ask for approval since this run started, and nobody was asked. Start it again.`;
  return failed("approval.missing", message);
}

function failed(code: string, message: string): Refusal {
  return { status: "failed", failure: { code, message, retry: "never" } };
}
