import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { type Clock, isoTime } from "../platform/clock.ts";
import { GitProgram, type GitCall, type GitResult } from "./git-program.ts";
import { onDisk } from "./on-disk.ts";
import { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryRule } from "./repository-access.ts";
import { parseRepositoryUrl, type RepositoryUrl } from "./repository-url.ts";

export interface RemoteJournalDeps {
  /** The address of the repository. */
  readonly repository: string;
  /** Its name without `refs/heads/`; made by the first entry when it is not there. */
  readonly branch: string;
  /** Where there is room for a copy of the newest commit while one is added. */
  readonly folder: string;
  readonly rules: readonly RepositoryRule[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** One commit that changes no file. */
export interface JournalEntry {
  readonly message: string;
  /** Its date, milliseconds since the epoch. */
  readonly at: number;
}

interface Addition {
  readonly entry: JournalEntry;
  readonly signal: AbortSignal | undefined;
  /** Everything but that the server keeps it. */
  readonly isTrial?: boolean;
}

const TIMEOUT_MS = 60_000;
const WHO = { NAME: "Quarterdeck", EMAIL: "quarterdeck@localhost" };

/**
 * A branch of a repository elsewhere to which commits are added, one on top of the other. Nothing is ever forced: what others have
 * added stays, and a server that refuses to have history rewritten keeps all of it. Rejects with AppErrors whose code begins with `git.`.
 */
export class RemoteJournal implements AsyncDisposable {
  readonly #deps: RemoteJournalDeps;
  readonly #url: RepositoryUrl;
  readonly #git: GitProgram;
  readonly #credentials: RemoteCredentials;

  constructor(deps: RemoteJournalDeps) {
    const { environment, clock } = deps;
    this.#deps = deps;
    this.#url = parseRepositoryUrl(deps.repository);
    this.#git = new GitProgram({ program: "git", home: this.#home, environment, clock });
    this.#credentials = new RemoteCredentials({ ...deps, sshProgram: "ssh" });
  }

  /** Adds one commit and resolves with its id when the server has it. */
  async append(entry: JournalEntry, signal?: AbortSignal): Promise<string> {
    return await this.#inCopy((copy) => this.#appendIn(copy, { entry, signal }), signal);
  }

  /** Asks the server whether it would take a commit, and adds none. Rejects as `append` does. */
  async tryOut(signal?: AbortSignal): Promise<void> {
    const entry = { message: "Nothing\n", at: this.#deps.clock.now() };
    await this.#inCopy((copy) => this.#appendIn(copy, { entry, signal, isTrial: true }), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
  }

  get #home(): string {
    return join(this.#deps.folder, "home");
  }

  get #ref(): string {
    return `refs/heads/${this.#deps.branch}`;
  }

  async #inCopy<Result>(work: (copy: string) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { folder } = this.#deps;
    await onDisk(folder, () => mkdir(this.#home, { recursive: true, mode: 0o700 }));
    const copy = await onDisk(folder, () => mkdtemp(join(folder, "journal-")));
    try {
      await this.#local({ command: "init", options: ["--quiet", "--bare", "--template="], operands: [copy], signal });
      return await work(copy);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }

  async #appendIn(repository: string, { entry, signal, isTrial = false }: Addition): Promise<string> {
    const { message, at } = entry;
    const parent = await this.#newest(repository, signal);
    const tree = await this.#tree(repository, parent, signal);
    const date = isoTime(at);
    const { stdout } = await this.#local({
      command: "commit-tree",
      options: [tree, ...(parent === undefined ? [] : ["-p", parent]), "-F", "-"],
      input: message,
      environment: {
        GIT_AUTHOR_NAME: WHO.NAME,
        GIT_AUTHOR_EMAIL: WHO.EMAIL,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: WHO.NAME,
        GIT_COMMITTER_EMAIL: WHO.EMAIL,
        GIT_COMMITTER_DATE: date,
      },
      repository,
      signal,
    });
    const commit = stdout.trim();
    await this.#remote({
      command: "push",
      options: ["--quiet", "--no-verify", "--no-signed", ...(isTrial ? ["--dry-run"] : [])],
      operands: [this.#url.address, `${commit}:${this.#ref}`],
      repository,
      signal,
    });
    return commit;
  }

  /** The newest commit of the branch, brought here; undefined when there is no branch yet. */
  async #newest(repository: string, signal?: AbortSignal): Promise<string | undefined> {
    const { address } = this.#url;
    const { stdout } = await this.#remote({
      command: "ls-remote",
      options: ["--quiet"],
      operands: [address, this.#ref],
      signal,
    });
    if (stdout.trim() === "") return undefined;
    await this.#remote({
      command: "fetch",
      options: ["--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"],
      operands: [address, `+${this.#ref}:refs/journal`],
      repository,
      signal,
    });
    const found = await this.#local({
      command: "rev-parse",
      options: ["--verify"],
      operands: ["refs/journal"],
      repository,
      signal,
    });
    return found.stdout.trim();
  }

  /** The files of the branch as they are; none at first. */
  async #tree(repository: string, parent: string | undefined, signal?: AbortSignal): Promise<string> {
    const { stdout } =
      parent === undefined
        ? await this.#local({ command: "mktree", input: "", repository, signal })
        : await this.#local({ command: "rev-parse", operands: [`${parent}^{tree}`], repository, signal });
    return stdout.trim();
  }

  #local(call: Omit<GitCall, "about" | "timeoutMs">): Promise<GitResult> {
    return this.#git.run({ ...call, about: this.#url.address, timeoutMs: TIMEOUT_MS });
  }

  async #remote(call: Omit<GitCall, "about" | "timeoutMs">): Promise<GitResult> {
    const url = this.#url;
    const credential = await this.#credentials.credential(url);
    return await this.#local({
      ...call,
      settings: [["http.lowSpeedLimit", "1"], ["http.lowSpeedTime", "30"], ...credential.settings],
      environment: credential.environment,
      secrets: credential.secrets,
      protocols: url.protocol === "http" ? ["http", "https"] : [url.protocol],
    });
  }
}
