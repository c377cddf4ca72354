import type { Application } from "../argocd/application.ts";
import { autoSyncOn, errorConditions, isDeleting, skipsReconcile, usesHydrator } from "../argocd/application-facts.ts";
import { changedFields, changesText, type GateSubject } from "../domain/gate.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { ActionContext, StepResult } from "../engine/step-kind.ts";
import { liveRevision, sourceDigest } from "./live-revision.ts";

type Refusal = Extract<StepResult<never>, { status: "failed" }>;

/** Why this application cannot be synced at a revision of our choice, whatever we do; undefined when it can. */
export function refusalOf(application: Application, revision: string): Refusal | undefined {
  const { name } = application.metadata;
  if (isDeleting(application)) {
    return failed(
      "argocd.deleting",
      `${name} is being deleted in Argo CD. Create it again before anything is deployed to it.`,
    );
  }
  if (autoSyncOn(application)) return failed("argocd.auto-sync", autoSyncMessage(application, revision));
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

/** What an auto-synced application allows instead; the same words before the first gate and at the sync. */
export function autoSyncMessage(application: Application, revision: string): string {
  const { name } = application.metadata;
  const target = application.spec.source?.targetRevision ?? "HEAD";
  return (
    `${name} syncs itself from "${target}" (auto-sync), and Argo CD refuses to pin it to ${revision.slice(0, 7)}. ` +
    `Either switch auto-sync off for ${name}, so that Quarterdeck decides when it moves, or bring the commit into "${target}" and let auto-sync deploy it.`
  );
}

/** What a sync would do now, for a comparison with what was approved. */
interface AboutToSync {
  readonly context: ActionContext;
  readonly revision: string;
  readonly serverUrl: string;
  /** What the environment asks for, as the configuration says now; undefined where it asks nobody. */
  readonly rule: ApprovalRule | undefined;
}

/**
 * What people approved is compared with what is there now, just before the effect. A difference voids the approval: the run
 * goes back to its gate and shows the difference. Nothing is done either where people are to be asked only since the run started.
 */
export function approvalChanges(application: Application, now: AboutToSync): Refusal | undefined {
  const subject = now.context.facts.approved?.subject;
  if (subject === undefined) return now.rule === undefined ? undefined : unasked(application);
  const current: GateSubject = {
    ...subject,
    serverUrl: now.serverUrl,
    applicationUid: application.metadata.uid,
    fromRevision: liveRevision(application),
    toRevision: now.revision,
    sourceDigest: sourceDigest(application),
    rule: now.rule ?? subject.rule,
  };
  const changed = [...changedFields(subject, current)];
  if (changed.length === 0) return undefined;
  const message = `${changesText(subject, current)} between the approval and the sync`;
  return { status: "failed", failure: { code: "approval.void", message, retry: "never", details: { changed } } };
}

function unasked(application: Application): Refusal {
  const { name } = application.metadata;
  const message = `The environment of ${name} has been set to ask for approval since this run started, and nobody was asked. Start it again.`;
  return failed("approval.missing", message);
}

function failed(code: string, message: string): Refusal {
  return { status: "failed", failure: { code, message, retry: "never" } };
}
