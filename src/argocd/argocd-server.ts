import { AppError } from "../platform/errors.ts";
import { type AppKey, appKeyText, type Application } from "./application.ts";
import { sourcesOf } from "./application-facts.ts";
import type { ApplicationCache } from "./application-cache.ts";
import type { ApplicationAddress } from "./application-request.ts";
import type { ArgocdClient } from "./argocd-client.ts";
import type { ExpectedRevision } from "./expectation.ts";

/** What it takes to ask an Argo CD server something. */
export interface ArgocdAccess {
  /** The base address of its API. */
  readonly url: string;
  readonly client: ArgocdClient;
}

/** One Argo CD server of the configuration, as the server has it: it is watched too. */
export interface ArgocdServer extends ArgocdAccess {
  /** The base address of its pages, for links: as configured, otherwise as Argo CD itself says, otherwise that of its API. */
  readonly uiUrl: () => string;
  /** The newest known copy of each of its applications, fed by one stream. */
  readonly cache: ApplicationCache;
}

/** Where an application is: its server and its address there. */
export interface AppLocation<Server extends ArgocdAccess = ArgocdServer> {
  readonly server: Server;
  readonly address: ApplicationAddress;
}

/** Finds the server of an application. Throws `argocd.unknown-server` when the configuration has none of that name. */
export function locateApp<Server extends ArgocdAccess>(
  servers: ReadonlyMap<string, Server>,
  key: AppKey,
): AppLocation<Server> {
  const server = servers.get(key.server);
  if (server !== undefined) return { server, address: { namespace: key.namespace, name: key.name } };
  const known = [...servers.keys()].join(", ") || "none";
  throw new AppError(`${appKeyText(key)}: the configuration has no Argo CD server "${key.server}". Known: ${known}.`, {
    code: "argocd.unknown-server",
  });
}

/** The same address with the project that the application turned out to be in: with it, a missing application is told from a hidden one. */
export function withProject<Server extends ArgocdAccess>(
  location: AppLocation<Server>,
  application: Application,
): AppLocation<Server> {
  return { ...location, address: { ...location.address, project: application.spec.project } };
}

/**
 * The sources of an application whose commit a person names: those in the same Git repository as its first Git source.
 * Charts from a Helm repository have versions, not commits, and stay as the application has them.
 */
export function commitSources(application: Application): {
  readonly repository: string;
  readonly indexes: readonly number[];
} {
  const sources = sourcesOf(application);
  const repository = sources.find((source) => source.chart === undefined)?.repoURL ?? "";
  const indexes = sources.flatMap((source, index) =>
    source.chart === undefined && source.repoURL === repository ? [index] : [],
  );
  return { repository, indexes };
}

/** The folders of the application in that repository. */
export function commitPaths(application: Application): readonly string[] {
  const { indexes } = commitSources(application);
  return sourcesOf(application)
    .filter((_source, index) => indexes.includes(index))
    .flatMap((source) => source.path ?? []);
}

export function expectedRevisions(application: Application, sha: string): readonly ExpectedRevision[] {
  return commitSources(application).indexes.map((sourceIndex) => ({ sourceIndex, sha }));
}
