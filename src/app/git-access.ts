import { join } from "node:path";

import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import { GitRepositories } from "../git/git-repositories.ts";
import { ruleFor, type RepositoryRule } from "../git/repository-access.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { AppTokens } from "../steps/forge/forge-input.ts";

type RepositorySettings = Configuration["git"]["repositories"][number];

interface Deps {
  readonly configuration: Configuration;
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The repositories that the Applications read, with their mirrors in the data folder. */
export function openGit({ configuration, environment, secrets, clock, logger }: Deps): GitRepositories {
  return new GitRepositories({
    folder: join(environment.dataFolder, "git"),
    rules: repositoryRules(configuration, secrets),
    environment: environment.variables,
    clock,
    logger,
    limits: { fetchTimeoutMs: configuration.git.timeoutMs, maxBytes: configuration.git.largestBytes },
  });
}

interface AppTokenDeps {
  readonly git: Pick<GitRepositories, "appToken">;
  readonly mask: Pick<SecretMask, "add">;
  /** Whether the configuration lets steps write to a repository. */
  readonly mayWrite: (repository: string) => boolean;
}

/** The tokens of the GitHub Apps by which repositories are read, each of which is masked from then on. */
export function openAppTokens({ git, mask, mayWrite }: AppTokenDeps): AppTokens {
  return async ({ address, api }, purpose) => {
    if (purpose === "write" && !mayWrite(address)) return undefined;
    const token = await git.appToken({ repository: address, api: api.href });
    if (token !== undefined) mask.add(token);
    return token;
  };
}

/** How the configuration says that repositories are read. */
export function repositoryRules(configuration: Configuration, secrets: Secrets): readonly RepositoryRule[] {
  return configuration.git.repositories.map((settings) => ({ url: settings.url, access: accessOf(settings, secrets) }));
}

/** Secrets are read when they are used, so that one that was replaced counts from then on. */
function accessOf(settings: RepositorySettings, secrets: Secrets): RepositoryRule["access"] {
  const { ssh, token, user, githubApp, ca: caFile } = settings;
  if (ssh !== undefined) return { kind: "ssh-key", ...ssh };
  if (githubApp !== undefined) {
    const { appId, installationId, apiUrl } = githubApp;
    return {
      kind: "github-app",
      appId,
      installationId,
      apiUrl,
      get privateKey() {
        return secrets.resolve(githubApp.key);
      },
      caFile,
    };
  }
  if (token !== undefined) {
    return {
      kind: "token",
      username: user ?? "x-access-token",
      get token() {
        return secrets.resolve(token);
      },
      caFile,
    };
  }
  return settings.url.startsWith("file:") ? { kind: "local" } : { kind: "public", caFile };
}

/** The branches of a repository that may be deployed from: those of its own entry, otherwise those for all. */
export function allowedBranches({ git }: Configuration, repository: string): readonly string[] {
  const rule = ruleFor(repository, git.repositories);
  return rule?.branches ?? git.branches;
}
