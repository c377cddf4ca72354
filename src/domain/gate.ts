import { z } from "zod";

import { digestOf } from "../platform/canonical-json.ts";
import { ApprovalRule } from "./target.ts";

/**
 * What an approval is of. Every field here is under the digest: when one of them changes, the approval is void.
 * Nothing that merely ages is in it.
 */
export const GateSubject = z.strictObject({
  planDigest: z.string(),
  path: z.string(),
  requester: z.string(),
  service: z.string(),
  environment: z.string(),
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** The address of the Argo CD server and the uid of the Application: a recreated one is another one. */
  serverUrl: z.string(),
  applicationUid: z.string(),
  /** What was live when it was shown; empty when nothing ever was. */
  fromRevision: z.string(),
  /** Empty where only a saved plan is approved; then nothing of the Application is in here either. */
  toRevision: z.string(),
  repository: z.string(),
  /** SHA-256 of the Application's own sources: repository, path, parameters. */
  sourceDigest: z.string(),
  imageDigests: z.array(z.string()),
  /** Of a saved plan and everything that is shown of it; empty where there is none. */
  planFileDigest: z.string(),
  checks: z.array(z.strictObject({ name: z.string(), result: z.string() })),
  rule: ApprovalRule,
  /** `track`: Argo CD syncs it by itself. `stored`: Argo CD's own rollback, to the sources as they were. Absent: a sync at the revision. */
  strategy: z.enum(["track", "stored"]).optional(),
});
export type GateSubject = z.infer<typeof GateSubject>;

/** A commit as people see it. */
export const CommitLine = z.strictObject({
  sha: z.string(),
  subject: z.string(),
  author: z.string(),
  authoredAt: z.number(),
});
export type CommitLine = z.infer<typeof CommitLine>;

/** What a saved plan would do, as people weigh it. A replacement counts in `add`, in `destroy` and in `replace`. */
export const PlanEvidence = z.strictObject({
  /** Where its configuration stands. */
  directory: z.string(),
  workspace: z.string(),
  add: z.int(),
  change: z.int(),
  destroy: z.int(),
  replace: z.int(),
  /** What hurts most comes first; of many only the first ones. `reason` is why it is replaced or deleted. */
  resources: z.array(z.strictObject({ address: z.string(), action: z.string(), reason: z.string().optional() })),
  otherResources: z.int(),
  /** What is otherwise than its state had it. */
  drift: z.array(z.string()),
  otherDrift: z.int(),
  /** The outputs that would change. */
  outputs: z.array(z.string()),
  /** In what it differs from the plan that was shown before, where it was made anew. */
  difference: z.array(z.string()).optional(),
});
export type PlanEvidence = z.infer<typeof PlanEvidence>;

/** What is shown beside the subject, to decide by: it may age without voiding the approval. */
export const GateEvidence = z.strictObject({
  prompt: z.string(),
  direction: z.enum(["forward", "backward", "diverged", "same", "unknown"]),
  commits: z.array(CommitLine),
  /** Commits between the two revisions that are not in `commits`, either beyond its length or not touching the application. */
  otherCommits: z.int(),
  /** `undefined` when it could not be rendered; `renderingNote` says why, or what the rendering does not show. */
  rendering: z
    .strictObject({ changesNothing: z.boolean(), summary: z.string(), lines: z.array(z.string()) })
    .optional(),
  renderingNote: z.string().optional(),
  /** The environment before this one in the order. */
  previous: z
    .strictObject({
      environment: z.string(),
      health: z.string(),
      revision: z.string(),
      healthySince: z.number().optional(),
    })
    .optional(),
  currentHealth: z.string(),
  link: z.string().optional(),
  /** Where it is about a saved plan; without a revision there is nothing but this and the warnings. */
  plan: PlanEvidence.optional(),
  warnings: z.array(z.string()),
});
export type GateEvidence = z.infer<typeof GateEvidence>;

/** The digest that a decision carries. */
export function subjectDigest(subject: GateSubject): string {
  return digestOf(subject);
}

/** What changed between two subjects, as people say it; empty when nothing did. */
export function changesText(before: GateSubject, after: GateSubject): string {
  const words: Readonly<Record<string, string>> = {
    ...CHANGES,
    fromRevision: `what is live went from ${revisionText(before.fromRevision)} to ${revisionText(after.fromRevision)}`,
    toRevision: `the revision went from ${revisionText(before.toRevision)} to ${revisionText(after.toRevision)}`,
  };
  return changedFields(before, after)
    .map((field) => words[field] ?? `${field} changed`)
    .join(", and ");
}

const CHANGES: Readonly<Record<string, string>> = {
  planDigest: "the steps of the command changed",
  requester: "somebody else asks for it",
  app: "it is another application",
  serverUrl: "the application is on another Argo CD server",
  applicationUid: "the application was deleted and made again",
  repository: "the application reads another repository",
  sourceDigest: "the application's own sources (repository, path or parameters) changed",
  imageDigests: "the images are others",
  planFileDigest: "the saved plan is another one",
  checks: "the checks came out differently",
  rule: "the rule about who may approve changed",
  strategy: "auto-sync of the application was switched on or off",
};

function revisionText(revision: string): string {
  return revision === "" ? "nothing" : revision.slice(0, 7);
}

/** The names of the fields in which two subjects differ; empty when the digests are equal. */
export function changedFields(before: GateSubject, after: GateSubject): readonly string[] {
  const [earlier, later]: readonly Readonly<Record<string, unknown>>[] = [before, after];
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].filter((field) => digestOf(earlier?.[field] ?? null) !== digestOf(later?.[field] ?? null));
}
