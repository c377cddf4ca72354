import { readFile } from "node:fs/promises";

import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { GitSetting } from "./git-environment.ts";
import { GitHubAppToken } from "./github-app-token.ts";
import { accessFor, checkRules, type RepositoryAccess, type RepositoryRule } from "./repository-access.ts";
import type { RepositoryUrl } from "./repository-url.ts";
import { sshCommand } from "./ssh-command.ts";

export interface RemoteCredentialsDeps {
  readonly rules: readonly RepositoryRule[];
  readonly sshProgram: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** What a fetch needs to be let in: settings and environment, never an argument, and the secrets to hide in what git writes. */
export interface RemoteCredential {
  readonly settings: readonly GitSetting[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

// Constant text: the values travel in the environment. Git asks only for the origin that the setting names, so a redirect elsewhere gets nothing.
const HELPER =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$QUARTERDECK_GIT_USERNAME" "$QUARTERDECK_GIT_PASSWORD"; }; f';

type AppAccess = Extract<RepositoryAccess, { readonly kind: "github-app" }>;

/** Turns the configured access of a repository into what git is given for one fetch. */
export class RemoteCredentials {
  readonly #deps: RemoteCredentialsDeps;
  readonly #apps = new Map<AppAccess, GitHubAppToken>();

  /** Throws `git.address` for a rule whose address cannot be read. */
  constructor(deps: RemoteCredentialsDeps) {
    checkRules(deps.rules);
    this.#deps = deps;
  }

  async credential(url: RepositoryUrl): Promise<RemoteCredential> {
    const access = accessFor(url, this.#deps.rules);
    switch (access.kind) {
      case "local":
        return { settings: [], environment: {}, secrets: [] };
      case "public":
        return { settings: caSettings(access.caFile), environment: {}, secrets: [] };
      case "token":
        return login({ url, username: access.username, password: access.token, caFile: access.caFile });
      case "github-app": {
        const password = await this.#app(access).token();
        return login({ url, username: "x-access-token", password, caFile: access.caFile });
      }
      case "ssh-key":
        return {
          settings: [],
          environment: {
            GIT_SSH_COMMAND: sshCommand({ program: this.#deps.sshProgram, ...access }),
            GIT_SSH_VARIANT: "ssh",
          },
          secrets: [],
        };
    }
  }

  /** After a server refused the credential: a cached token is asked for anew the next time. */
  refused(url: RepositoryUrl): void {
    const access = accessFor(url, this.#deps.rules);
    if (access.kind === "github-app") this.#app(access).forget();
  }

  /** A token of the App that is configured for a repository, for GitHub's API at `apiUrl` and no other; undefined where none is. */
  async appToken(url: RepositoryUrl, apiUrl: string): Promise<string | undefined> {
    const access = accessFor(url, this.#deps.rules);
    const isItsApi = access.kind === "github-app" && bare(access.apiUrl) === bare(apiUrl);
    return isItsApi ? await this.#app(access).token() : undefined;
  }

  #app(access: AppAccess): GitHubAppToken {
    const known = this.#apps.get(access);
    if (known !== undefined) return known;
    const created = new GitHubAppToken({
      appId: access.appId,
      installationId: access.installationId,
      get privateKey() {
        return access.privateKey;
      },
      apiUrl: access.apiUrl,
      readCa: () => readCa(access.caFile),
      environment: this.#deps.environment,
      clock: this.#deps.clock,
    });
    this.#apps.set(access, created);
    return created;
  }
}

function bare(address: string): string {
  return address.replace(/\/+$/u, "");
}

interface Login {
  readonly url: RepositoryUrl;
  readonly username: string;
  readonly password: string;
  readonly caFile: string | undefined;
}

function login({ url, username, password, caFile }: Login): RemoteCredential {
  if (username === "" || password === "" || /\p{Cc}/u.test(username + password)) {
    throw new AppError(
      `The user name or token for ${url.address} is empty or has control characters. Check for a line end in the secret`,
      {
        code: "git.access",
      },
    );
  }
  return {
    settings: [...caSettings(caFile), [`credential.${url.origin}.helper`, HELPER], ["http.proactiveAuth", "basic"]],
    environment: { QUARTERDECK_GIT_USERNAME: username, QUARTERDECK_GIT_PASSWORD: password },
    secrets: [password, `${username}:${password}`],
  };
}

function caSettings(caFile: string | undefined): readonly GitSetting[] {
  return caFile === undefined ? [] : [["http.sslCAInfo", caFile]];
}

async function readCa(caFile: string | undefined): Promise<string | undefined> {
  if (caFile === undefined) return undefined;
  try {
    return await readFile(caFile, "utf8");
  } catch (error) {
    throw new AppError(`The certificate file ${caFile} cannot be read. Check caFile in the configuration`, {
      code: "git.certificate",
      cause: error,
    });
  }
}
