import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Clock } from "../platform/clock.ts";
import { errorCode } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { commitsBetween, type CommitsAnswer, type CommitsRequest } from "./commits-between.ts";
import { exportFolder, type FolderRequest } from "./export-folder.ts";
import { onDisk } from "./on-disk.ts";
import { GitProgram } from "./git-program.ts";
import { existingCommits, type RevisionAnswer } from "./look-up-revision.ts";
import { type RecentCommit, recentCommits, type RecentRequest } from "./recent-commits.ts";
import { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryRule } from "./repository-access.ts";
import type { MirrorLimits } from "./mirror-fetch.ts";
import { RepositoryMirror } from "./repository-mirror.ts";
import { parseRepositoryUrl } from "./repository-url.ts";
import { resolveRevision } from "./resolve-revision.ts";
import { isFullSha } from "./revision-text.ts";

export interface GitRepositoriesDeps {
  /** A folder of its own inside the data folder; made when absent. One server at a time. */
  readonly folder: string;
  readonly rules: readonly RepositoryRule[];
  /** The surrounding environment, of which the search path, proxies and certificate locations are used. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<MirrorLimits>;
  /** How old a mirror may be when a branch, a tag or few digits are resolved; 1 s when absent. */
  readonly maxAgeMs?: number;
  /** `git` when absent. */
  readonly program?: string;
  /** `ssh` when absent. */
  readonly sshProgram?: string;
}

interface Asked {
  /** The address of the repository, as the Application has it. */
  readonly repository: string;
  readonly signal?: AbortSignal | undefined;
}

const LIMITS: MirrorLimits = {
  fetchTimeoutMs: 10 * 60_000,
  readTimeoutMs: 30_000,
  maxBytes: 2 * 1024 ** 3,
  sizeCheckMs: 500,
};
// Shorter than anyone needs to push a commit and type a command.
const MAX_AGE_MS = 1000;
// Somebody who chooses from a list looks at it longer than that.
const RECENT_MS = 10_000;
const MOST_LISTED = 20;

/**
 * Everything that Quarterdeck knows of Git: what a revision means, who wrote it and what lies between two of them,
 * read from local mirrors of the repositories. Rejects with AppErrors whose code begins with `git.`.
 */
export class GitRepositories {
  readonly #deps: GitRepositoriesDeps;
  readonly #git: GitProgram;
  readonly #credentials: RemoteCredentials;
  readonly #mirrors = new Map<string, RepositoryMirror>();
  #isPrepared = false;
  #exports = 0;

  constructor(deps: GitRepositoriesDeps) {
    const { environment, clock } = deps;
    this.#deps = deps;
    this.#git = new GitProgram({ program: deps.program ?? "git", home: this.#home, environment, clock });
    this.#credentials = new RemoteCredentials({
      rules: deps.rules,
      sshProgram: deps.sshProgram ?? "ssh",
      environment,
      clock,
    });
  }

  /** What a text that a person typed means as a revision of the repository. */
  async resolveRevision(
    request: Asked & { readonly text: string; readonly allowedBranches: readonly string[] },
  ): Promise<RevisionAnswer> {
    const { clock, maxAgeMs = MAX_AGE_MS } = this.#deps;
    return this.#ask(request, (mirror) => resolveRevision(mirror, { ...request, clock, maxAgeMs }));
  }

  /** The commits between what is live and the target. The mirror is updated once when it lacks one of the two. */
  async commitsBetween(
    request: Asked & Omit<CommitsRequest, "most"> & { readonly most?: number },
  ): Promise<CommitsAnswer> {
    const wanted = { ...request, most: request.most ?? MOST_LISTED };
    return this.#ask(request, async (mirror) => {
      await this.#ensureKnown(mirror, [request.from, request.to], request.signal);
      return commitsBetween(mirror, wanted);
    });
  }

  /**
   * The newest commits that may be deployed, to choose from. Rather a little old than late: what a fetch that ends before the
   * signal brings is in it.
   */
  async recentCommits(request: Asked & RecentRequest): Promise<readonly RecentCommit[]> {
    const { clock } = this.#deps;
    return this.#ask(request, async (mirror) => {
      try {
        await mirror.ensureFresh({ since: clock.monotonic() - RECENT_MS, signal: request.signal });
      } catch {
        // Whatever kept the fetch from ending in time, there may be a mirror to choose from.
        await mirror.ensureExists(request.signal);
      }
      return recentCommits(mirror, request);
    });
  }

  /** A token of the GitHub App that is configured for a repository, for its API at `api`; undefined where none is. */
  async appToken({
    repository,
    api,
  }: {
    readonly repository: string;
    readonly api: string;
  }): Promise<string | undefined> {
    return await this.#credentials.appToken(parseRepositoryUrl(repository), api);
  }

  /**
   * A folder of a commit as a tar file, which is there until `use` has ended; the same folder always gives the same bytes. The
   * mirror is updated once when it lacks the commit. Throws `git.no-folder`, `git.submodule` and `git.folder-too-large`.
   */
  async exportFolder<Value>(request: Asked & FolderRequest, use: (file: string) => Promise<Value>): Promise<Value> {
    this.#exports += 1;
    const file = join(this.#deps.folder, "exports", `${this.#exports}.tar`);
    try {
      await this.#ask(request, async (mirror) => {
        await this.#ensureKnown(mirror, [request.revision], request.signal);
        await exportFolder(mirror, request, file);
      });
      return await use(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Stops every git process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
  }

  get #home(): string {
    return join(this.#deps.folder, "home");
  }

  /** Answers from the mirror; one that turns out to be damaged is made anew and asked once more. */
  async #ask<Answer>(asked: Asked, question: (mirror: RepositoryMirror) => Promise<Answer>): Promise<Answer> {
    const mirror = await this.#mirror(asked.repository);
    try {
      return await question(mirror);
    } catch (error) {
      if (errorCode(error) !== "git.corrupt") throw error;
      this.#deps.logger.warn("mirror is damaged and is made anew", { repository: mirror.address });
      await mirror.ensureFresh({ since: this.#deps.clock.monotonic(), signal: asked.signal });
      return question(mirror);
    }
  }

  async #prepare(): Promise<void> {
    if (this.#isPrepared) return;
    await onDisk(this.#deps.folder, () => mkdir(this.#home, { recursive: true, mode: 0o700 }));
    this.#isPrepared = true;
  }

  async #mirror(repository: string): Promise<RepositoryMirror> {
    const url = parseRepositoryUrl(repository);
    await this.#prepare();
    const known = this.#mirrors.get(url.identity);
    if (known !== undefined) return known;
    const { folder, clock, logger, limits } = this.#deps;
    const created = new RepositoryMirror({
      url,
      folder: join(folder, createHash("sha256").update(url.identity).digest("hex").slice(0, 32)),
      git: this.#git,
      credentials: this.#credentials,
      clock,
      logger,
      limits: { ...LIMITS, ...limits },
    });
    this.#mirrors.set(url.identity, created);
    return created;
  }

  async #ensureKnown(
    mirror: RepositoryMirror,
    shas: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const since = this.#deps.clock.monotonic();
    await mirror.ensureExists(signal);
    const wanted = shas.filter((sha) => isFullSha(sha));
    const known = await existingCommits(mirror, wanted);
    if (wanted.some((sha) => !known.includes(sha))) await mirror.ensureFresh({ since, signal });
  }
}
