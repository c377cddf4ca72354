import type { Application } from "../argocd/application.ts";
import { autoSyncOn, revisionList, targetOf } from "../argocd/application-facts.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import type { CommitsReader } from "./gate-commits.ts";

/** What people have to know who are asked about an application that Argo CD syncs by itself; undefined for any other. */
export async function trackedWarning(
  git: CommitsReader,
  asked: {
    readonly toRevision: string;
    /** What people call the place: the environment. */
    readonly place: string;
    readonly application: Application;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { application, place, toRevision, signal } = asked;
  if (!autoSyncOn(application)) return undefined;
  const index = commitSources(application).indexes[0] ?? 0;
  const branch = targetOf(application, index);
  const itself = `Argo CD syncs ${place} by itself`;
  const seen = revisionList(application.status.sync)[index] ?? "";
  const isThere = await holds(git, { application, ancestor: toRevision, descendant: seen, signal });
  if (!isThere) {
    return `${itself} as soon as ${toRevision.slice(0, 7)} is on ${branch}; approving here does not hold it back.`;
  }
  const state = application.status.sync.status === "Synced" ? "is applied there already" : `is on ${branch} already`;
  return `${itself}, and ${toRevision.slice(0, 7)} ${state}; approving here does not hold it back.`;
}

/** Whether `descendant` is the commit or comes after it; false also where Git cannot say. */
async function holds(
  git: CommitsReader,
  asked: {
    readonly application: Application;
    readonly ancestor: string;
    readonly descendant: string;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { application, ancestor, descendant, signal } = asked;
  if (ancestor === descendant) return true;
  const { repository } = commitSources(application);
  try {
    const { kind } = await git.commitsBetween({ repository, from: ancestor, to: descendant, paths: [], signal });
    return kind === "forward" || kind === "same";
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
