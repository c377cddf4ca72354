import type { Application } from "../../argocd/application.ts";
import { isMultiSource } from "../../argocd/application-facts.ts";
import { type AppLocation, type ArgocdAccess, commitSources } from "../../argocd/argocd-server.ts";

interface Wanted {
  readonly application: Application;
  readonly revision: string;
  readonly signal: AbortSignal;
}

/** The manifests of an application as Argo CD renders them at a commit, as JSON texts; the values of Secrets are hidden. */
export async function renderedManifests(
  { server, address }: AppLocation<ArgocdAccess>,
  { application, revision, signal }: Wanted,
): Promise<readonly string[]> {
  return await server.client.manifests(address, renderAt(application, revision), { signal });
}

/** Sources of other repositories stay as the application has them. */
function renderAt(application: Application, revision: string): Parameters<ArgocdAccess["client"]["manifests"]>[1] {
  if (!isMultiSource(application)) return { revision };
  return { sources: commitSources(application).indexes.map((index) => ({ position: index + 1, revision })) };
}
