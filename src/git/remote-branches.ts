import type { Clock } from "../platform/clock.ts";
import { GitProgram } from "./git-program.ts";
import { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryRule } from "./repository-access.ts";
import { parseRepositoryUrl } from "./repository-url.ts";

export interface RemoteBranchesDeps {
  /** An existing empty folder, given to git as its home. */
  readonly home: string;
  readonly rules: readonly RepositoryRule[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const HEADS = "refs/heads/";
const TIMEOUT_MS = 30_000;

/** Asks servers for their branches, without keeping anything of a repository. Rejects with AppErrors whose code begins with `git.`. */
export class RemoteBranches implements AsyncDisposable {
  readonly #git: GitProgram;
  readonly #credentials: RemoteCredentials;

  constructor({ home, rules, environment, clock }: RemoteBranchesDeps) {
    this.#git = new GitProgram({ program: "git", home, environment, clock });
    this.#credentials = new RemoteCredentials({ rules, sshProgram: "ssh", environment, clock });
  }

  /** Such as `git version 2.47.3`. */
  async version(): Promise<string> {
    const { stdout } = await this.#git.run({ command: "version", about: "git", timeoutMs: TIMEOUT_MS });
    return stdout.trim();
  }

  /** The names of the branches of a repository, as its server has them now. */
  async of(address: string, signal?: AbortSignal): Promise<readonly string[]> {
    const url = parseRepositoryUrl(address);
    const credential = await this.#credentials.credential(url);
    const { stdout } = await this.#git.run({
      command: "ls-remote",
      options: ["--heads", "--quiet"],
      operands: [url.address],
      about: url.address,
      settings: [["http.lowSpeedLimit", "1"], ["http.lowSpeedTime", "30"], ...credential.settings],
      environment: credential.environment,
      secrets: credential.secrets,
      protocols: url.protocol === "http" ? ["http", "https"] : [url.protocol],
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    const names = stdout.split("\n").map((line) => line.split("\t")[1] ?? "");
    return names.flatMap((name) => (name.startsWith(HEADS) ? [name.slice(HEADS.length)] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
  }
}
