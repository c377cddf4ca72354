import { autoSyncOn } from "../argocd/application-facts.ts";
import { commitPaths, commitSources } from "../argocd/argocd-server.ts";
import type { Revision } from "../domain/target.ts";
import { notice } from "../engine/answer.ts";
import type { Proof } from "../engine/step-kind.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import type { RevisionAnswer } from "../git/look-up-revision.ts";
import type { MalformedRevision } from "../git/revision-text.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import { liveRevision } from "../steps/live-revision.ts";
import { type Looked, type LookedAt, sentence } from "./resolve-target.ts";
import { fixedTargetOf, goesForwardOnly } from "./tracked-target.ts";

export interface RevisionDeps {
  readonly git: Pick<GitRepositories, "resolveRevision" | "commitsBetween">;
  /** The branches that may be deployed from, by repository. */
  readonly branchesOf: (repository: string) => readonly string[];
  /** Newest first. */
  readonly proofs: (app: string) => readonly Proof[];
}

/** Resolves what a person typed, in the repository that the applications read, to a full commit. */
export async function resolveTyped(
  deps: RevisionDeps,
  asked: { readonly text: string; readonly seen: readonly LookedAt[]; readonly signal: AbortSignal },
): Promise<Looked<Revision>> {
  const { text, seen, signal } = asked;
  const repository = repositoryOf(seen);
  try {
    const allowedBranches = deps.branchesOf(repository);
    const answer = await deps.git.resolveRevision({ repository, text, allowedBranches, signal });
    return found(answer, { text, repository });
  } catch (error) {
    return gitRefusal(error);
  }
}

/** What is told of a repository that could not be read: nothing is started on a guess. */
export function gitRefusal(error: unknown): Looked<never> {
  if (!(error instanceof AppError)) throw error;
  const next = error.retry === "never" ? "Nothing was started." : "Nothing was started; try again in a moment.";
  return { kind: "refused", answer: notice(error.code, `${sentence(errorMessage(error))} ${next}`) };
}

function found(
  answer: RevisionAnswer,
  asked: { readonly text: string; readonly repository: string },
): Looked<Revision> {
  switch (answer.kind) {
    case "resolved": {
      const { sha, short, subject, author, authoredAt } = answer;
      const { text, repository } = asked;
      const value = {
        kind: "manifests",
        repository,
        sha,
        short,
        text,
        subject,
        author: author.name,
        authorEmail: author.email,
        authoredAt,
      } as const;
      return { kind: "found", value };
    }
    case "ambiguous": {
      const commits = answer.candidates.map(({ sha, subject, author, authoredAt }) => ({
        sha,
        subject,
        author: author.name,
        authoredAt,
      }));
      const more = Math.max(0, answer.count - commits.length);
      return { kind: "refused", answer: { kind: "candidates", text: asked.text, commits, more } };
    }
    case "unknown": {
      const message = `"${asked.text}" is no branch, tag or commit of ${asked.repository}. ${unknownHint(asked.text)}`;
      return { kind: "refused", answer: notice("revision.unknown", message, answer.suggestions) };
    }
    case "not-allowed": {
      return { kind: "refused", answer: notice("revision.not-allowed", notAllowedText(answer)) };
    }
    case "malformed":
      return {
        kind: "refused",
        answer: notice("revision.malformed", `"${asked.text}" cannot be a revision: ${MALFORMED[answer.reason]}`),
      };
  }
}

function unknownHint(text: string): string {
  return /^[0-9a-f]{1,3}$/iu.test(text)
    ? "A commit needs at least 4 of its digits."
    : "Check the spelling, and that it was pushed.";
}

const MALFORMED: Readonly<Record<MalformedRevision, string>> = {
  empty: "it is empty. Name a branch, a tag or a commit.",
  "too-long": "it is longer than any name. Name a branch, a tag or a commit.",
  "not-a-name": "name a branch, a tag, or the first 4 or more digits of a commit.",
};

function notAllowedText(answer: Extract<RevisionAnswer, { kind: "not-allowed" }>): string {
  const { sha, subject, allowedBranches, onBranches } = answer;
  const where =
    onBranches.length === 0
      ? "no branch contains it any more"
      : `it is only on ${onBranches.slice(0, 3).join(", ")}${onBranches.length > 3 ? " and others" : ""}`;
  return (
    `${sha.slice(0, 7)} (${subject}) is not on a branch that may be deployed from (${allowedBranches.join(", ")}): ${where}. ` +
    `Merge it first, or name another commit.`
  );
}

/** The revision that is live in the environment now. */
export async function resolveLive(
  deps: RevisionDeps,
  asked: { readonly seen: LookedAt; readonly signal: AbortSignal },
): Promise<Looked<Revision>> {
  const { target, application } = asked.seen;
  const live = liveRevision(application);
  if (live !== "") return await resolveTyped(deps, { text: live, seen: [asked.seen], signal: asked.signal });
  const message = `Nothing is known to be live in ${target.name} yet. Name the revision: add "at" and a commit.`;
  return { kind: "refused", answer: notice("revision.nothing-live", message) };
}

/**
 * Refuses a revision that lies before what is live in one of the environments: going back is what a rollback is for, where
 * people see that it goes back. Where Argo CD syncs by itself, an environment on the way may be further on than the revision.
 */
export async function stepBackOf(
  deps: RevisionDeps,
  asked: {
    readonly revision: Revision;
    readonly seen: readonly LookedAt[];
    readonly service: string;
    readonly signal: AbortSignal;
  },
): Promise<Looked<undefined>> {
  const { revision, seen, service, signal } = asked;
  for (const place of seen) {
    const { target, application } = place;
    const from = liveRevision(application);
    const isTracked = autoSyncOn(application);
    if (from === "" || from === revision.sha || (isTracked && place !== seen.at(-1))) continue;
    const { repository, sha: to } = revision;
    const paths = commitPaths(application);
    try {
      const between = await deps.git.commitsBetween({ repository, from, to, paths, signal });
      if (between.kind !== "backward") continue;
      if (isTracked && between.removed.touching === 0) continue;
    } catch (error) {
      return gitRefusal(error);
    }
    if (isTracked) {
      return { kind: "refused", answer: notice("revision.older", goesForwardOnly(place, revision)) };
    }
    const message = `${revision.short} is older than what is live in ${target.name} (${from.slice(0, 7)}), so this would go back.`;
    const isProven = deps.proofs(target.app).some((proof) => proof.revision === revision.sha);
    const flag = isProven ? "" : " --unproven";
    const hint = `/rollback ${service} in ${target.name} to ${revision.short}${flag}`;
    return { kind: "refused", answer: notice("revision.older", message, [hint]) };
  }
  return { kind: "found", value: undefined };
}

/** Refuses a revision that auto-sync can never bring to one of the environments. */
export async function outOfReachOf(
  deps: RevisionDeps,
  asked: { readonly revision: Revision; readonly seen: readonly LookedAt[]; readonly signal: AbortSignal },
): Promise<Looked<undefined>> {
  try {
    return await fixedTargetOf(deps.git, asked);
  } catch (error) {
    return gitRefusal(error);
  }
}

function repositoryOf(seen: readonly LookedAt[]): string {
  const [first] = seen;
  return first === undefined ? "" : commitSources(first.application).repository;
}
