import type { Clock } from "../platform/clock.ts";
import { errorCode, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { GitSetting } from "./git-environment.ts";
import type { GitCall, GitProgram, GitResult } from "./git-program.ts";
import { MirrorFolder, packCount, packedBytes } from "./mirror-folder.ts";
import type { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryUrl } from "./repository-url.ts";
import { SizeWatch } from "./size-watch.ts";

export interface MirrorLimits {
  /** For one fetch, the first one of everything included. */
  readonly fetchTimeoutMs: number;
  /** For one question to the mirror. */
  readonly readTimeoutMs: number;
  /** For the packs of one mirror on disk. */
  readonly maxBytes: number;
  /** How often the size is looked at while a fetch runs. */
  readonly sizeCheckMs: number;
}

export interface RepositoryMirrorDeps {
  readonly url: RepositoryUrl;
  readonly folder: string;
  readonly git: GitProgram;
  readonly credentials: RemoteCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: MirrorLimits;
}

export interface Freshness {
  /** How old the newest completed fetch may be, counted from its start; 0 asks for one that starts now. */
  readonly maxAgeMs: number;
  /** Ends the waiting, not the fetch, which others may wait for too. */
  readonly signal?: AbortSignal | undefined;
}

const REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
const MANY_PACKS = 50;

/**
 * A bare copy of one repository's commits and trees, branches and tags, without file contents.
 * One fetch at a time: callers that are content with a fetch in progress share it, later ones share the next.
 */
export class RepositoryMirror {
  readonly #deps: RepositoryMirrorDeps;
  readonly #folder: MirrorFolder;
  #opened: Promise<void> | undefined;
  #exists = false;
  #isSuspect = false;
  #freshSince: number | undefined;
  #running: { readonly startedAt: number; readonly done: Promise<void> } | undefined;
  #next: Promise<void> | undefined;

  constructor(deps: RepositoryMirrorDeps) {
    this.#deps = deps;
    this.#folder = new MirrorFolder(deps.folder);
  }

  /** The repository's address, without credentials. */
  get address(): string {
    return this.#deps.url.address;
  }

  /** Resolves once the mirror is at least as fresh as asked; rejects with the AppError of the fetch that failed. */
  async ensureFresh(freshness: Freshness): Promise<void> {
    freshness.signal?.throwIfAborted();
    const since = this.#deps.clock.monotonic() - freshness.maxAgeMs;
    if (this.#freshSince !== undefined && this.#freshSince >= since && !this.#isSuspect) return;
    await leavable(this.#fetchedSince(since), freshness.signal);
  }

  /** Resolves once there is a mirror at all, however old. */
  async ensureExists(signal?: AbortSignal): Promise<void> {
    await this.#open();
    if (!this.#exists || this.#isSuspect) await this.ensureFresh({ maxAgeMs: 0, signal });
  }

  /**
   * Asks the mirror something. Cannot reach the server: what is not here is simply not here.
   * Rejects with `git.corrupt` when the mirror turns out to be damaged; the next fetch then makes it anew.
   */
  async read(call: Omit<GitCall, "repository" | "about" | "timeoutMs" | "protocols">): Promise<GitResult> {
    try {
      return await this.#deps.git.run({
        ...call,
        repository: this.#folder.path,
        about: this.address,
        timeoutMs: this.#deps.limits.readTimeoutMs,
      });
    } catch (error) {
      if (errorCode(error) === "git.corrupt") this.#isSuspect = true;
      throw error;
    }
  }

  #open(): Promise<void> {
    this.#opened ??= this.#inspect().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #inspect(): Promise<void> {
    this.#exists = await this.#folder.tidy();
    if (!this.#exists) return;
    try {
      const tips = await this.read({ command: "for-each-ref", options: ["--format=%(objectname)"] });
      const input = [...new Set(tips.stdout.split("\n").filter((line) => line !== ""))]
        .map((line) => `${line}\n`)
        .join("");
      const objects = await this.read({ command: "cat-file", options: ["--batch-check=%(objecttype)"], input });
      this.#isSuspect = / missing$/mu.test(objects.stdout);
    } catch (error) {
      if (errorCode(error) !== "git.failed" && errorCode(error) !== "git.corrupt") throw error;
      this.#isSuspect = true;
    }
    if (this.#isSuspect)
      this.#deps.logger.warn("mirror is damaged and will be made anew", { repository: this.address });
  }

  #fetchedSince(since: number): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    if (this.#running.startedAt >= since) return this.#running.done;
    const after = (): Promise<void> => {
      this.#next = undefined;
      return this.#start();
    };
    this.#next = this.#running.done.then(after, after);
    return this.#next;
  }

  #start(): Promise<void> {
    const startedAt = this.#deps.clock.monotonic();
    const done = this.#fetchAt(startedAt);
    this.#running = { startedAt, done };
    return done;
  }

  async #fetchAt(startedAt: number): Promise<void> {
    try {
      await this.#fetch();
      this.#freshSince = startedAt;
    } finally {
      this.#running = undefined;
    }
  }

  async #fetch(): Promise<void> {
    await this.#open();
    const { limits, logger } = this.#deps;
    const isOversize = this.#exists && (await packedBytes(this.#folder.path)) > limits.maxBytes;
    if (!this.#exists || this.#isSuspect || isOversize) return this.#make();
    try {
      await this.#update(this.#folder.path);
    } catch (error) {
      await this.#folder.sweep();
      if (errorCode(error) !== "git.failed" && errorCode(error) !== "git.corrupt") throw error;
      logger.warn("mirror could not be updated and is made anew", {
        repository: this.address,
        error: errorText(error),
      });
      return this.#make();
    }
    await this.#keepCompact(this.#folder.path);
  }

  /** A complete copy beside the present one, which it then replaces. */
  async #make(): Promise<void> {
    const { git, limits } = this.#deps;
    await this.#folder.startDraft();
    try {
      await git.run({
        command: "init",
        options: ["--quiet", "--bare", "--template="],
        operands: [this.#folder.draft],
        about: this.address,
        timeoutMs: limits.readTimeoutMs,
      });
      await this.#update(this.#folder.draft);
      await this.#compact("pack-refs", ["--all"], this.#folder.draft);
      await this.#folder.adoptDraft(this.address);
    } catch (error) {
      await this.#folder.discardDraft();
      throw error;
    }
    this.#exists = true;
    this.#isSuspect = false;
  }

  async #update(repository: string): Promise<void> {
    const { git, credentials, url, limits, clock, logger } = this.#deps;
    const startedAt = clock.monotonic();
    const credential = await credentials.credential(url);
    await using size = new SizeWatch({
      repository,
      about: this.address,
      clock,
      maxBytes: limits.maxBytes,
      everyMs: limits.sizeCheckMs,
    });
    try {
      await git.run({
        command: "fetch",
        options: [
          "--quiet",
          "--force",
          "--prune",
          "--no-tags",
          "--no-write-fetch-head",
          "--no-recurse-submodules",
          "--no-auto-maintenance",
        ],
        operands: ["origin", ...REFSPECS],
        repository,
        about: this.address,
        settings: [...remoteSettings(url), ...credential.settings],
        environment: credential.environment,
        secrets: credential.secrets,
        protocols: url.protocol === "https" || url.protocol === "http" ? ["https", url.protocol] : [url.protocol],
        timeoutMs: limits.fetchTimeoutMs,
        signal: size.signal,
      });
    } catch (error) {
      if (errorCode(error) === "git.authentication") credentials.refused(url);
      throw error;
    }
    await size.check();
    size.signal.throwIfAborted();
    logger.debug("mirror fetched", { repository: this.address, tookMs: Math.round(clock.monotonic() - startedAt) });
  }

  /** Every fetch adds a pack, and git looks through all of them. Failing here costs speed only. */
  async #keepCompact(repository: string): Promise<void> {
    if ((await packCount(repository)) <= MANY_PACKS) return;
    await this.#compact("repack", ["-a", "-d", "--quiet"], repository);
    await this.#compact("pack-refs", ["--all"], repository);
  }

  async #compact(command: string, options: readonly string[], repository: string): Promise<void> {
    const { git, url, limits, logger } = this.#deps;
    try {
      await git.run({
        command,
        options,
        repository,
        about: this.address,
        settings: [...remoteSettings(url), ["pack.threads", "1"], ["pack.windowMemory", "128m"]],
        timeoutMs: limits.fetchTimeoutMs,
      });
    } catch (error) {
      if (errorCode(error) === "git.stopped") throw error;
      await this.#folder.sweep();
      logger.warn("mirror could not be compacted", { repository: this.address, error: errorText(error) });
    }
  }
}

/**
 * The remote is configured for the fetch alone. Reading knows no remote, and so cannot fetch a missing
 * file on demand, which git before 2.44 has no switch against.
 */
function remoteSettings(url: RepositoryUrl): readonly GitSetting[] {
  return [
    ["remote.origin.url", url.address],
    ["remote.origin.promisor", "true"],
    ["remote.origin.partialCloneFilter", "blob:none"],
    ["fetch.unpackLimit", "1"],
    ["fetch.writeCommitGraph", "true"],
    // A server that hangs is given up long before the time limit of a big fetch.
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "30"],
  ];
}

/** Waits for `work` until the signal is aborted; the work itself goes on. */
async function leavable(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  const left = Promise.withResolvers<never>();
  const leave = (): void => left.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
