import type { Application } from "../argocd/application.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import { type AppLocation, type ArgocdServer, commitSources, locateApp, withProject } from "../argocd/argocd-server.ts";
import { type Service, type Target, tryAppRef } from "../domain/target.ts";
import type { Answer } from "../engine/answer.ts";
import { notice } from "../engine/answer.ts";
import { refusalOf } from "../steps/sync-preflight.ts";

/** An environment that a run is going to change, as Argo CD has it now. */
export interface LookedAt {
  readonly target: Target;
  readonly location: AppLocation;
  readonly application: Application;
}

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
): Promise<Looked<readonly LookedAt[]>> {
  const looks = await Promise.all(asked.targets.map((target) => lookAt(servers, target, asked.signal)));
  const seen: LookedAt[] = [];
  for (const look of looks) {
    if (look.kind === "refused") return look;
    seen.push(look.value);
  }
  const repositories = new Set(seen.map(({ application }) => commitSources(application).repository));
  if (repositories.size <= 1) return { kind: "found", value: seen };
  const places = seen
    .map(({ target, application }) => `${target.name}: ${commitSources(application).repository}`)
    .join("; ");
  const message =
    `The applications of ${asked.service.name} read different repositories (${places}), so one commit cannot be promoted ` +
    `through all of them. Point them at the same repository.`;
  return { kind: "refused", answer: notice("argocd.repositories-differ", message) };
}

async function lookAt(
  servers: ReadonlyMap<string, ArgocdServer>,
  target: Target,
  signal: AbortSignal,
): Promise<Looked<LookedAt>> {
  const key = tryAppRef(target.app);
  if (key === undefined) throw new TypeError(`"${target.app}" of the inventory is not server/namespace/name`);
  try {
    const named = locateApp(servers, key);
    const application = await named.server.client.getApplication(named.address, { signal });
    return { kind: "found", value: { target, location: withProject(named, application), application } };
  } catch (error) {
    if (!(error instanceof ArgocdError)) throw error;
    const next = error.retry === "never" ? "Nothing was started." : "Nothing was started; try again in a moment.";
    return { kind: "refused", answer: notice(error.code, `${target.name}: ${error.message} ${next}`) };
  }
}

/** The first thing that would stop a sync of one of the environments at this revision. */
export function obstacleOf(seen: readonly LookedAt[], revision: string): Answer | undefined {
  for (const { target, application } of seen) {
    const refusal = refusalOf(application, revision);
    if (refusal !== undefined) return notice(refusal.failure.code, `${target.name}: ${refusal.failure.message}`);
    if (commitSources(application).repository === "") {
      const message = `${target.name}: ${application.metadata.name} has no Git source, so there is no commit to deploy.`;
      return notice("argocd.no-git-source", message);
    }
  }
  return undefined;
}
