import { resolve } from "node:path";

import type { Configuration, SecretSource } from "./configuration.ts";

/** The configuration with every path in it absolute; a relative one counts from `folder`. */
export function withAbsolutePaths(configuration: Configuration, folder: string): Configuration {
  const { argocd, audit, git, secrets } = configuration;
  return {
    ...configuration,
    audit: auditIn(folder, audit),
    argocd: argocd.map((server) => serverIn(folder, server)),
    git: {
      ...git,
      author: authorIn(folder, git.author),
      repositories: git.repositories.map((repository) => repositoryIn(folder, repository)),
    },
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, source]) => [name, sourceIn(folder, source)])),
  };
}

type Server = Configuration["argocd"][number];
type Repository = Configuration["git"]["repositories"][number];

function auditIn(folder: string, { anchors }: Configuration["audit"]): Configuration["audit"] {
  if (anchors === undefined) return {};
  const targets = anchors.targets.map((target) =>
    target.folder === undefined ? target : { ...target, folder: resolve(folder, target.folder) },
  );
  return { anchors: { ...anchors, targets } };
}

function serverIn(folder: string, server: Server): Server {
  return server.ca === undefined ? server : { ...server, ca: resolve(folder, server.ca) };
}

function repositoryIn(folder: string, repository: Repository): Repository {
  const { ca, ssh } = repository;
  return {
    ...repository,
    ...(ca !== undefined && { ca: resolve(folder, ca) }),
    ...(ssh !== undefined && {
      ssh: { keyFile: resolve(folder, ssh.keyFile), knownHostsFile: resolve(folder, ssh.knownHostsFile) },
    }),
  };
}

function authorIn(folder: string, author: Configuration["git"]["author"]): Configuration["git"]["author"] {
  const { signingKeyFile } = author;
  return signingKeyFile === undefined ? author : { ...author, signingKeyFile: resolve(folder, signingKeyFile) };
}

function sourceIn(folder: string, source: SecretSource): SecretSource {
  return source.file === undefined ? source : { ...source, file: resolve(folder, source.file) };
}
