import type { Application } from "./application.ts";

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
