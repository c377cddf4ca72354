import type { Configuration } from "../config/configuration.ts";
import type { Secrets } from "../config/secrets.ts";
import { ruleFor, type RepositoryRule } from "../git/repository-access.ts";

type RepositorySettings = Configuration["git"]["repositories"][number];

/** How the configuration says that repositories are read. */
export function repositoryRules(configuration: Configuration, secrets: Secrets): readonly RepositoryRule[] {
  return configuration.git.repositories.map((settings) => ({ url: settings.url, access: accessOf(settings, secrets) }));
}

function accessOf(settings: RepositorySettings, secrets: Secrets): RepositoryRule["access"] {
  const { ssh, token, user, githubApp, ca: caFile } = settings;
  if (ssh !== undefined) return { kind: "ssh-key", ...ssh };
  if (githubApp !== undefined) {
    const { appId, installationId, apiUrl } = githubApp;
    return { kind: "github-app", appId, installationId, apiUrl, privateKey: secrets.resolve(githubApp.key), caFile };
  }
  if (token !== undefined)
    return { kind: "token", username: user ?? "x-access-token", token: secrets.resolve(token), caFile };
  return settings.url.startsWith("file:") ? { kind: "local" } : { kind: "public", caFile };
}

/** The branches of a repository that may be deployed from: those of its own entry, otherwise those for all. */
export function allowedBranches({ git }: Configuration, repository: string): readonly string[] {
  const rule = ruleFor(repository, git.repositories);
  return rule?.branches ?? git.branches;
}
