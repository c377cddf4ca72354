import type { Application } from "../argocd/application.ts";
import { commitPaths, commitSources } from "../argocd/argocd-server.ts";
import type { ActionContext, StepResult } from "../engine/step-kind.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import type { CommitsReader } from "./gate-commits.ts";
import { liveRevision } from "./live-revision.ts";

// How soon Git is asked again while it is away.
const GIT_AGAIN_MS = 10_000;

/**
 * Keeps a sync from going back unnoticed: while the run waited for its turn, another one may have brought something newer.
 * Where people approved exactly this step they saw the direction, and nothing is asked here.
 */
export async function stepBack(
  git: CommitsReader,
  application: Application,
  { revision, context }: { readonly revision: string; readonly context: ActionContext },
): Promise<Exclude<StepResult<never>, { status: "succeeded" }> | undefined> {
  const from = liveRevision(application);
  if (context.facts.approved !== undefined || from === "" || from === revision) return undefined;
  const { signal } = context;
  const { repository } = commitSources(application);
  try {
    const between = await git.commitsBetween({
      repository,
      from,
      to: revision,
      paths: commitPaths(application),
      signal,
    });
    if (between.kind !== "backward") return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || error.retry === "never") throw error;
    return { status: "postponed", code: error.code, message: errorMessage(error), afterMs: GIT_AGAIN_MS };
  }
  const message =
    `${revision.slice(0, 7)} is older than ${from.slice(0, 7)}, which is live in ${application.metadata.name} by now, ` +
    `so this would go back. Roll back if that is what is wanted.`;
  return { status: "failed", failure: { code: "revision.older", message, retry: "never" } };
}
