import { errorCode, errorText } from "../platform/errors.ts";
import type { GitCall, GitResult } from "./git-program.ts";
import { leavable } from "./leavable.ts";
import { MirrorFetch, type MirrorFetchDeps } from "./mirror-fetch.ts";
import { onDisk } from "./on-disk.ts";
import { MirrorFolder, objectBytes, sweepRemnants } from "./mirror-folder.ts";

export interface RepositoryMirrorDeps extends MirrorFetchDeps {
  readonly folder: string;
}

export interface Freshness {
  /** The moment (of the monotonic clock) before which the newest completed fetch must not have begun. */
  readonly since: number;
  /** Ends the waiting, not the fetch, which others may wait for too. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A bare copy of one repository's commits and trees, branches and tags, without file contents.
 * One fetch at a time: callers that are content with a fetch in progress share it, later ones share the next.
 */
export class RepositoryMirror {
  readonly #deps: RepositoryMirrorDeps;
  readonly #folder: MirrorFolder;
  readonly #server: MirrorFetch;
  #opened: Promise<void> | undefined;
  #exists = false;
  #isSuspect = false;
  #freshSince: number | undefined;
  #running: { readonly startedAt: number; readonly done: Promise<void> } | undefined;
  #next: Promise<void> | undefined;

  constructor(deps: RepositoryMirrorDeps) {
    this.#deps = deps;
    this.#folder = new MirrorFolder(deps.folder);
    this.#server = new MirrorFetch(deps);
  }

  /** The repository's address, without credentials. */
  get address(): string {
    return this.#deps.url.address;
  }

  /** Resolves once the mirror is at least as fresh as asked; rejects with the AppError of the fetch that failed. */
  async ensureFresh({ since, signal }: Freshness): Promise<void> {
    signal?.throwIfAborted();
    if (this.#freshSince !== undefined && this.#freshSince >= since && !this.#isSuspect) return;
    await leavable(this.#fetchedSince(since), signal);
  }

  /** Resolves once there is a mirror at all, however old. */
  async ensureExists(signal?: AbortSignal): Promise<void> {
    await this.#open();
    // A first fetch that is under way already is as good as one of our own.
    if (!this.#exists) await this.ensureFresh({ since: Number.NEGATIVE_INFINITY, signal });
    else if (this.#isSuspect) await this.ensureFresh({ since: this.#deps.clock.monotonic(), signal });
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

  /** Fetches contents of files, or any other objects, beside branches and tags. */
  async fetchObjects(objects: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.ensureExists(signal);
    for (let under = this.#underWay; under !== undefined; under = this.#underWay) {
      await leavable(
        under.catch(() => undefined),
        signal,
      );
    }
    const done = this.#server.objects(this.#folder.path, objects).finally(() => (this.#running = undefined));
    // It brings no branch, so nobody takes it for a fetch of theirs.
    this.#running = { startedAt: Number.NEGATIVE_INFINITY, done };
    await leavable(done, signal);
  }

  /** Has archives of the mirror made with these attributes, whatever the repository says of its files. */
  async prepareArchive(attributes: string): Promise<void> {
    await onDisk(this.#deps.folder, () => this.#folder.writeAttributes(attributes));
  }

  get #underWay(): Promise<void> | undefined {
    return this.#next ?? this.#running?.done;
  }

  #open(): Promise<void> {
    this.#opened ??= this.#inspect();
    return this.#opened;
  }

  async #inspect(): Promise<void> {
    try {
      this.#exists = await onDisk(this.#deps.folder, () => this.#folder.tidy());
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
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
    const isOversize = this.#exists && (await objectBytes(this.#folder.path)) > limits.maxBytes;
    if (!this.#exists || this.#isSuspect || isOversize) return this.#make();
    try {
      await this.#server.update(this.#folder.path);
    } catch (error) {
      await sweepRemnants(this.#folder.path);
      if (errorCode(error) !== "git.failed" && errorCode(error) !== "git.corrupt") throw error;
      logger.warn("mirror could not be updated and is made anew", {
        repository: this.address,
        error: errorText(error),
      });
      return this.#make();
    }
    await this.#server.keepCompact(this.#folder.path);
  }

  /** A complete copy beside the present one, which it then replaces. */
  async #make(): Promise<void> {
    try {
      await onDisk(this.#deps.folder, () => this.#folder.startDraft());
      await this.#server.create(this.#folder.draft);
      await onDisk(this.#deps.folder, () => this.#folder.adoptDraft(this.address));
    } catch (error) {
      await this.#folder.discardDraft().catch(() => undefined);
      throw error;
    }
    this.#exists = true;
    this.#isSuspect = false;
  }
}
