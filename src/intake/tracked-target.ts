import { autoSyncOn, targetOf } from "../argocd/application-facts.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import type { Revision } from "../domain/target.ts";
import { notice } from "../engine/answer.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import type { Looked, LookedAt } from "./resolve-target.ts";

interface Asked {
  readonly revision: Revision;
  readonly seen: readonly LookedAt[];
  readonly signal: AbortSignal;
}

/**
 * Refuses a revision that an application under auto-sync can never get to, because it follows a tag or a commit and no branch.
 * Rejects where Git cannot say.
 */
export async function fixedTargetOf(
  git: Pick<GitRepositories, "resolveRevision" | "commitsBetween">,
  { revision, seen, signal }: Asked,
): Promise<Looked<undefined>> {
  for (const place of seen.filter(({ application }) => autoSyncOn(application))) {
    const { target, application } = place;
    const { repository, indexes } = commitSources(application);
    const followed = targetOf(application, indexes[0]);
    if (followed === "HEAD") continue;
    const answer = await git.resolveRevision({ repository, text: followed, allowedBranches: ["**"], signal });
    // What is no name at all is a range of versions, which a new tag may fall into.
    if (answer.kind !== "resolved" && answer.kind !== "not-allowed") continue;
    if (answer.kind === "resolved" && answer.via === "branch") continue;
    const between = { repository, from: revision.sha, to: answer.sha, paths: [], signal };
    const { kind } = await git.commitsBetween(between);
    if (kind === "same" || kind === "forward") continue;
    const { name } = application.metadata;
    const message =
      `${target.name}: Argo CD syncs ${name} by itself from ${followed} (${answer.sha.slice(0, 7)}), which is no branch, so ` +
      `${revision.short} never gets there. Point its targetRevision at a branch that has ${revision.short}, or switch auto-sync off for ${name}, so that Quarterdeck decides when it moves.`;
    return { kind: "refused", answer: notice("argocd.fixed-target", message) };
  }
  return { kind: "found", value: undefined };
}

/** What is said where going back is asked of Argo CD's auto-sync, which only goes forward. */
export function goesForwardOnly({ target, application }: LookedAt, revision: { readonly short: string }): string {
  const { name } = application.metadata;
  const branch = targetOf(application, commitSources(application).indexes[0]);
  return (
    `${revision.short} is older than what is live in ${target.name}, and Argo CD syncs ${name} by itself from ${branch}, which does not go back. ` +
    `Revert the commits on ${branch}; or switch auto-sync off for ${name}, then roll back.`
  );
}
