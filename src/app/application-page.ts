import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { applicationLink, linkUrl } from "../argocd/deep-links.ts";
import { tryAppRef } from "../domain/target.ts";

/** The address of an application's page in Argo CD; undefined for one of a server that is not known. */
export function applicationPage(servers: ReadonlyMap<string, ArgocdServer>, app: string): string | undefined {
  const key = tryAppRef(app);
  const server = key === undefined ? undefined : servers.get(key.server);
  if (key === undefined || server === undefined) return undefined;
  const application = server.cache.find(key);
  const url = application === undefined ? server.uiUrl() : linkUrl(application, server.uiUrl());
  return applicationLink({ url, namespace: key.namespace, name: key.name });
}
