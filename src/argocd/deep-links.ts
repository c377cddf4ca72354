import type { Application, ResourceIdentity } from "./application.ts";

/** Where Argo CD's pages are, and which application is meant. */
export interface LinkBase {
  /** The `url` of Argo CD's settings or of the configuration, its path included. */
  readonly url: string;
  readonly namespace: string;
  readonly name: string;
}

/** The address of the instance that manages the application, when it names one itself; otherwise `url`. */
export function linkUrl(application: Application, url: string): string {
  return application.metadata.annotations?.["argocd.argoproj.io/managed-by-url"] ?? url;
}

/** The application's page. */
export function applicationLink({ url, namespace, name }: LinkBase): string {
  const base = url.replace(/\/+$/u, "");
  return `${base}/applications/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** The application's resources, only those in one health where given. */
export function treeLink(base: LinkBase, health?: string): string {
  const filter = health === undefined ? "" : `&resource=${encodeURIComponent(`health:${health}`)}`;
  return `${applicationLink(base)}?view=tree${filter}`;
}

/** The result of the last operation. */
export function operationLink(base: LinkBase): string {
  return `${applicationLink(base)}?operation=true`;
}

/** What differs between Git and the cluster. */
export function diffLink(base: LinkBase): string {
  const node = `argoproj.io/Application/${base.namespace}/${base.name}/0`;
  return `${applicationLink(base)}?node=${encodeURIComponent(node)}&tab=diff`;
}

export function historyLink(base: LinkBase): string {
  return `${applicationLink(base)}?rollback=0`;
}

export function conditionsLink(base: LinkBase): string {
  return `${applicationLink(base)}?conditions=true`;
}

/** One resource of the application. */
export function resourceLink(
  base: LinkBase,
  resource: ResourceIdentity,
  tab: "summary" | "manifest" | "diff" | "events" | "logs" = "summary",
): string {
  const { group, kind, namespace, name } = resource;
  const node = encodeURIComponent(`${group}/${kind}/${namespace}/${name}/0`);
  return `${applicationLink(base)}?node=${node}&tab=${tab}`;
}
