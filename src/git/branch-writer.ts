import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { BranchCopy, type CommitAuthor, type FileChange, type MadeCommit } from "./branch-copy.ts";
import { filePathProblem } from "../platform/file-path.ts";
import { GitProgram } from "./git-program.ts";
import { InTurn } from "./in-turn.ts";
import { onDisk } from "./on-disk.ts";
import { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryRule } from "./repository-access.ts";
import { parseRepositoryUrl } from "./repository-url.ts";

export interface BranchWriterDeps {
  /** A folder of its own, for copies of the newest commits while one is added. One writer at a time. */
  readonly folder: string;
  readonly rules: readonly RepositoryRule[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** For one call that reaches the server. */
  readonly fetchTimeoutMs: number;
  /** That of the machine when absent. */
  readonly git?: Git;
}

/** What runs `git`. */
export type Git = Pick<GitProgram, "run" | typeof Symbol.asyncDispose>;

export interface BranchRequest {
  /** The address of the repository. */
  readonly repository: string;
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteRequest extends BranchRequest {
  /** The branch at whose newest commit `branch` begins where it is not there yet. */
  readonly from?: string | undefined;
  /** The files that are changed; `isRead` where what they hold now is needed for that. */
  readonly files: readonly { readonly path: string; readonly isRead: boolean }[];
  /** A full commit since which none of the files may have been changed. */
  readonly since?: string | undefined;
  /**
   * What becomes of the files, from what they hold; asked again when others were quicker. A file that is not there is not in the map, and
   * one that was not to be read is there as undefined. What it throws ends the writing.
   */
  readonly edit: (files: ReadonlyMap<string, string | undefined>) => readonly FileChange[];
  readonly message: string;
  readonly author: CommitAuthor;
  /** The trailer that says whose effect a commit is, and the values that are ours; the message holds one. */
  readonly own: { readonly trailer: string; readonly values: readonly string[] };
  /** Commits that were made for this earlier, and may have been pushed. */
  readonly earlier: readonly string[];
  /** Called with each commit before it is pushed; when it rejects, it is not. */
  readonly onCommit: (commit: MadeCommit) => Promise<void>;
}

export type WriteResult =
  | { readonly kind: "written"; readonly revision: string; readonly files: readonly string[] }
  /** It had happened already; `revision` is the commit with which. */
  | { readonly kind: "found"; readonly revision: string }
  /** Everything is as it is to be; `revision` is the newest commit. */
  | { readonly kind: "unchanged"; readonly revision: string };

const COPY = "copy-";
const MOST_TRIES = 8;
const AGAIN = { firstMs: 200, factor: 2, longestMs: 5000 };
const MOST_BYTES = 1024 * 1024;
/** After these nobody knows whether the server has taken it, or somebody else was quicker: it is looked at again. */
const LOOK_AGAIN = new Set(["git.raced", "git.unreachable", "git.timeout", "git.failed"]);

/**
 * Adds commits to branches of repositories elsewhere. What others add meanwhile stays: the change is made anew on top of theirs, and
 * nothing is forced. Each is done in a copy of its own. Rejects with AppErrors whose code begins with `git.`.
 */
export class BranchWriter implements AsyncDisposable {
  readonly #deps: BranchWriterDeps;
  readonly #git: Git;
  readonly #credentials: RemoteCredentials;
  // Those who write to one branch would only get in one another's way.
  readonly #turns = new InTurn();
  #prepared: Promise<void> | undefined;

  constructor(deps: BranchWriterDeps) {
    const { environment, clock } = deps;
    this.#deps = deps;
    this.#git = deps.git ?? new GitProgram({ program: "git", home: this.#home, environment, clock });
    this.#credentials = new RemoteCredentials({ ...deps, sshProgram: "ssh" });
  }

  async write(request: WriteRequest): Promise<WriteResult> {
    const { identity } = parseRepositoryUrl(request.repository);
    return await this.#turns.take(`${identity} ${request.branch}`, request.signal, () =>
      this.#inCopy(request, (copy) => this.#write(copy, request)),
    );
  }

  /** Asks the server whether it would let the branch be written, and writes nothing. Rules for the branch are not asked. */
  async tryOut(request: BranchRequest): Promise<void> {
    await this.#inCopy(request, async (copy) => {
      const head = await headOf(copy, request);
      await copy.push(head, request.branch, true);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
  }

  get #home(): string {
    return join(this.#deps.folder, "home");
  }

  /** What a killed process left behind is nobody's any more. */
  async #prepare(): Promise<void> {
    const { folder } = this.#deps;
    try {
      await onDisk(folder, async () => {
        await mkdir(this.#home, { recursive: true, mode: 0o700 });
        const left = (await readdir(folder)).filter((name) => name.startsWith(COPY));
        await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
      });
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  async #write(copy: BranchCopy, request: WriteRequest): Promise<WriteResult> {
    const { clock, random } = this.#deps;
    const made: string[] = [...request.earlier];
    for (let tried = 1; ; tried += 1) {
      const head = await headOf(copy, request);
      const revision = await ownCommit(copy, { head, made, request });
      if (revision !== undefined) return { kind: "found", revision };
      const changes = await changesOf(copy, head, request);
      const { message, author, branch, signal } = request;
      const commit = await copy.commit({ parent: head, changes, message, author, at: clock.now() });
      if (commit === undefined) return { kind: "unchanged", revision: head };
      await request.onCommit(commit);
      made.push(commit.sha);
      try {
        await copy.push(commit.sha, branch);
        return { kind: "written", revision: commit.sha, files: commit.files };
      } catch (error) {
        if (!LOOK_AGAIN.has(errorCode(error))) throw error;
        if (tried === MOST_TRIES) throw tooBusy(request, error);
        await clock.sleep(withJitter(backoffMs(AGAIN, tried + 1), random.fraction(), 0.5), signal);
      }
    }
  }

  async #inCopy<Result>(
    { repository, signal }: BranchRequest,
    work: (copy: BranchCopy) => Promise<Result>,
  ): Promise<Result> {
    const { folder, fetchTimeoutMs } = this.#deps;
    const url = parseRepositoryUrl(repository);
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    const place = await onDisk(folder, () => mkdtemp(join(folder, COPY)));
    try {
      const credentials = this.#credentials;
      const copy = new BranchCopy({ url, folder: place, git: this.#git, credentials, fetchTimeoutMs, signal });
      await copy.create();
      return await work(copy);
    } catch (error) {
      // A token of an App is asked for anew the next time.
      if (errorCode(error) === "git.authentication") this.#credentials.refused(url);
      throw error;
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }
}

async function headOf(
  copy: BranchCopy,
  { repository, branch, from }: BranchRequest & Pick<WriteRequest, "from">,
): Promise<string> {
  const wanted = [branch, ...(from === undefined ? [] : [from])];
  const [first] = await copy.existing(wanted);
  if (first !== undefined) return await copy.fetchBranch(first);
  const message = `${repository} has no branch ${wanted.join(" and no ")}. Check how it is written, or push a first commit to it`;
  throw new AppError(message, { code: "git.no-branch" });
}

/** The commit with which this was done already: by its name, or by what its message says. */
async function ownCommit(
  copy: BranchCopy,
  {
    head,
    made,
    request: { own },
  }: { readonly head: string; readonly made: readonly string[]; readonly request: WriteRequest },
): Promise<string | undefined> {
  const commits = await copy.trailers(head, own.trailer);
  const found = commits.find(({ sha, values }) => made.includes(sha) || own.values.includes(values));
  return found?.sha;
}

async function changesOf(copy: BranchCopy, head: string, request: WriteRequest): Promise<readonly FileChange[]> {
  const paths = request.files.map(({ path }) => path);
  refuseOdd(paths);
  const now = await copy.entries(head, paths);
  if (request.since !== undefined && request.since !== head) {
    await copy.fetchCommit(request.since);
    const then = await copy.entries(request.since, paths);
    const moved = paths.find((path) => now.get(path)?.object !== then.get(path)?.object);
    if (moved !== undefined) throw movedOn(request, { path: moved, head });
  }
  const read = request.files.flatMap(({ path, isRead }) => {
    const entry = now.get(path);
    return isRead && entry !== undefined ? [[path, entry] as const] : [];
  });
  const texts = await copy.texts(new Map(read), MOST_BYTES);
  const changes = request.edit(new Map([...now.keys()].map((path) => [path, texts.get(path)])));
  refuseOdd(changes.map(({ path }) => path));
  return changes;
}

/** Git itself leaves such paths out without a word. */
function refuseOdd(paths: readonly string[]): void {
  for (const path of paths) {
    const problem = filePathProblem(path);
    if (problem === undefined) continue;
    throw new AppError(`${JSON.stringify(path)} cannot be written: ${problem}`, { code: "git.bad-path" });
  }
}

function movedOn(
  { repository, branch, since = "" }: WriteRequest,
  { path, head }: { readonly path: string; readonly head: string },
): AppError {
  const message = `${path} in ${repository} has been changed since ${since.slice(0, 10)}: the newest commit of ${branch} is ${head.slice(0, 10)}. Look at what has changed, and begin again from there`;
  return new AppError(message, { code: "git.moved", details: { repository, branch, path, head } });
}

function tooBusy({ repository, branch }: WriteRequest, cause: unknown): AppError {
  if (errorCode(cause) !== "git.raced" && cause instanceof AppError) return cause;
  const message = `Others were quicker ${MOST_TRIES} times in adding commits to ${branch} of ${repository}. It is tried again later`;
  return new AppError(message, { code: "git.rejected", retry: "backoff", cause });
}
