import type { Application } from "../argocd/application.ts";
import { type ArgocdServer, commitSources } from "../argocd/argocd-server.ts";
import type { Service, Target } from "../domain/target.ts";
import type { Answer } from "../engine/answer.ts";
import { notice } from "../engine/answer.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import { parseRepositoryUrl, type RepositoryUrl } from "../git/repository-url.ts";
import { type Located, readApp } from "../steps/locate.ts";
import { refusalOf } from "../steps/sync-preflight.ts";

/** An environment that a run is going to change, as Argo CD has it now. */
export interface LookedAt {
  readonly target: Target;
  readonly application: Application;
}

/** The same, with where it was read. */
export type ReadAt = LookedAt & Located<ArgocdServer>;

export type Looked<Value> =
  | { readonly kind: "found"; readonly value: Value }
  | { readonly kind: "refused"; readonly answer: Answer };

/**
 * Reads the Applications of all environments that a run goes through. What is in the way in any of them, such as auto-sync,
 * stops the run before it starts: nobody should approve prod to learn then that it cannot be done.
 */
export async function lookAtTargets(
  servers: ReadonlyMap<string, ArgocdServer>,
  asked: { readonly service: Service; readonly targets: readonly Target[]; readonly signal: AbortSignal },
): Promise<Looked<readonly ReadAt[]>> {
  const looks = await Promise.all(asked.targets.map((target) => lookAt(servers, target, asked.signal)));
  const seen: ReadAt[] = [];
  for (const look of looks) {
    if (look.kind === "refused") return look;
    seen.push(look.value);
  }
  const read = seen.map(({ target, application }) => ({ target, url: repositoryUrlOf(application) }));
  if (new Set(read.map(({ url }) => url.identity)).size <= 1) return { kind: "found", value: seen };
  const places = read.map(({ target, url }) => `${target.name}: ${url.address}`).join("; ");
  const message =
    `The applications of ${asked.service.name} read different repositories (${places}), so one commit cannot be promoted ` +
    `through all of them. Point them at the same repository.`;
  return { kind: "refused", answer: notice("argocd.repositories-differ", message) };
}

async function lookAt(
  servers: ReadonlyMap<string, ArgocdServer>,
  target: Target,
  signal: AbortSignal,
): Promise<Looked<ReadAt>> {
  try {
    return withGitSource({ target, ...(await readApp(servers, { app: target.app, signal })) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const next = error.retry === "never" ? "Nothing was started." : "Nothing was started; try again in a moment.";
    return { kind: "refused", answer: notice(error.code, `${target.name}: ${sentence(errorMessage(error))} ${next}`) };
  }
}

/** The same application, when it reads a repository at an address that can be used. */
function withGitSource(look: ReadAt): Looked<ReadAt> {
  const { name } = look.application.metadata;
  if (commitSources(look.application).repository === "") {
    const message = `${look.target.name}: ${name} has no Git source, so there is no commit to deploy. Nothing was started.`;
    return { kind: "refused", answer: notice("argocd.no-git-source", message) };
  }
  // Throws where it cannot be used, such as with a password in it.
  repositoryUrlOf(look.application);
  return { kind: "found", value: look };
}

function repositoryUrlOf(application: Application): RepositoryUrl {
  return parseRepositoryUrl(commitSources(application).repository);
}

/** The first thing that would stop a sync of one of the environments, whatever the revision. */
export function obstacleOf(seen: readonly LookedAt[]): Answer | undefined {
  for (const { target, application } of seen) {
    const refusal = refusalOf(application);
    if (refusal !== undefined) return notice(refusal.failure.code, `${target.name}: ${refusal.failure.message}`);
  }
  return undefined;
}

/** With a full stop at its end. */
export function sentence(text: string): string {
  return text.replace(/[.\s]*$/u, ".");
}
