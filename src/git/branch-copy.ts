import { rm } from "node:fs/promises";
import { join } from "node:path";

import { isoTime } from "../platform/clock.ts";
import type { GitSetting } from "./git-environment.ts";
import type { GitCall, GitProgram, GitResult } from "./git-program.ts";
import type { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryUrl } from "./repository-url.ts";
import { FILE_MODE, isFileMode, isFolderMode, notAFile, notText, tooLarge } from "./tree-file.ts";

interface Deps {
  readonly url: RepositoryUrl;
  /** A bare repository of its own, which nobody else works in. */
  readonly folder: string;
  readonly git: Pick<GitProgram, "run">;
  readonly credentials: RemoteCredentials;
  /** For one call that reaches the server. */
  readonly fetchTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface CommitAuthor {
  readonly name: string;
  readonly email: string;
  /** The private key with which commits are signed, as ssh-keygen makes it; not signed where it is absent. */
  readonly signingKeyFile?: string | undefined;
}

/** A file of a commit, or its absence. */
export interface FileEntry {
  readonly mode: string;
  readonly object: string;
}

/** What a commit changes of one file; `content` is undefined for one that is deleted. */
export interface FileChange {
  readonly path: string;
  readonly content: string | undefined;
}

export interface MadeCommit {
  readonly sha: string;
  readonly files: readonly string[];
}

interface NewCommit {
  readonly parent: string;
  readonly changes: readonly FileChange[];
  readonly message: string;
  readonly author: CommitAuthor;
  readonly at: number;
}

const LOCAL_MS = 60_000;
const HEADS = "refs/heads/";

/** How far back a branch is looked through for a commit of our own. */
const DEPTH = 100;

/**
 * The newest commits of branches, brought into a repository of their own without the contents of files, to add one and push it.
 * Nothing is ever forced. Rejects with AppErrors whose code begins with `git.`.
 */
export class BranchCopy {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async create(): Promise<void> {
    const { folder, git, url, signal } = this.#deps;
    const options = ["--quiet", "--bare", "--template="];
    await git.run({ command: "init", options, operands: [folder], about: url.address, timeoutMs: LOCAL_MS, signal });
  }

  /** Which of these branches the server has. */
  async existing(branches: readonly string[]): Promise<readonly string[]> {
    const { url } = this.#deps;
    const operands = [url.address, ...branches.map((branch) => `${HEADS}${branch}`)];
    const { stdout } = await this.#remote({ command: "ls-remote", options: ["--quiet"], operands });
    const names = new Set(stdout.split("\n").map((line) => line.split("\t")[1] ?? ""));
    return branches.filter((branch) => names.has(`${HEADS}${branch}`));
  }

  /** Brings the newest commits of a branch and resolves with the newest. */
  async fetchBranch(branch: string): Promise<string> {
    const name = "refs/quarterdeck/head";
    await this.#fetch({ options: [`--depth=${DEPTH}`], operands: ["origin", `+${HEADS}${branch}:${name}`] });
    const { stdout } = await this.#local({ command: "rev-parse", options: ["--verify"], operands: [name] });
    return stdout.trim();
  }

  /** Brings one commit with its folders. */
  async fetchCommit(revision: string): Promise<void> {
    await this.#fetch({ options: ["--depth=1"], operands: ["origin", revision] });
  }

  /** The newest commits below and with `head`, newest first, each with the values of one trailer. */
  async trailers(head: string, key: string): Promise<readonly { readonly sha: string; readonly values: string }[]> {
    const format = `--format=%H %(trailers:key=${key},valueonly,separator=%x20)`;
    const { stdout } = await this.#local({
      command: "log",
      options: [`--max-count=${DEPTH}`, format, "--end-of-options", head],
    });
    return stdout.split("\n").flatMap((line) => {
      const [sha = "", ...values] = line.trim().split(" ");
      return sha === "" ? [] : [{ sha, values: values.join(" ") }];
    });
  }

  /** The files with these paths. Throws `git.not-a-file` for what is none, a symbolic link above all, and for what is below one. */
  async entries(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, FileEntry>> {
    const wanted = new Set(paths.flatMap((path) => withFolders(path)));
    const { stdout } = await this.#local({ command: "ls-tree", options: ["-t", "-z", commit], paths: [...wanted] });
    const found = new Map<string, FileEntry>();
    for (const line of stdout.split("\0")) {
      const [, mode, object, path] = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t([^]*)$/u.exec(line) ?? [];
      if (mode === undefined || object === undefined || path === undefined) continue;
      // Git names what else is in the folders, too.
      if (!wanted.has(path)) continue;
      const isFolder = !paths.includes(path);
      if (isFolder ? !isFolderMode(mode) : !isFileMode(mode)) throw notAFile(this.#deps.url, path, mode);
      if (!isFolder) found.set(path, { mode, object });
    }
    return found;
  }

  /** The text of files, in the order of their objects. Throws `git.not-text`, and `git.file-too-large` from `mostBytes` on. */
  async texts(entries: ReadonlyMap<string, FileEntry>, mostBytes: number): Promise<ReadonlyMap<string, string>> {
    await this.#fetchMissing([...entries.values()].map(({ object }) => object));
    const texts = new Map<string, string>();
    for (const [path, { object }] of entries) {
      const size = await this.#local({ command: "cat-file", options: ["-s", object] });
      if (Number(size.stdout) > mostBytes) throw tooLarge(this.#deps.url, path, mostBytes);
      const { stdout } = await this.#local({ command: "cat-file", options: ["blob", object] });
      // What was no UTF-8 would come back as something else.
      const again = await this.#local({ command: "hash-object", options: ["--stdin"], input: stdout });
      if (again.stdout.trim() !== object) throw notText(this.#deps.url, path);
      texts.set(path, stdout);
    }
    return texts;
  }

  /** Makes a commit, here only, and says which files it changes; undefined where it would change nothing. */
  async commit({ parent, changes, message, author, at }: NewCommit): Promise<MadeCommit | undefined> {
    const { tree, files } = await this.#tree(parent, changes);
    if (files.length === 0) return undefined;
    const { signingKeyFile } = author;
    const date = isoTime(at);
    const { stdout } = await this.#local({
      command: "commit-tree",
      options: [tree, "-p", parent, ...(signingKeyFile === undefined ? [] : ["--gpg-sign"]), "-F", "-"],
      input: message,
      settings:
        signingKeyFile === undefined
          ? []
          : [
              ["gpg.format", "ssh"],
              ["user.signingKey", signingKeyFile],
            ],
      environment: {
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: author.name,
        GIT_COMMITTER_EMAIL: author.email,
        GIT_COMMITTER_DATE: date,
      },
    });
    return { sha: stdout.trim(), files };
  }

  /** Asks the server to let a branch point to a commit that continues it; with `isTrial`, whether it would. */
  async push(commit: string, branch: string, isTrial = false): Promise<void> {
    await this.#remote({
      command: "push",
      options: ["--quiet", "--no-verify", "--no-signed", ...(isTrial ? ["--dry-run"] : [])],
      operands: [this.#deps.url.address, `${commit}:${HEADS}${branch}`],
      settings: promised(this.#deps.url),
    });
  }

  async #tree(
    parent: string,
    changes: readonly FileChange[],
  ): Promise<{ readonly tree: string; readonly files: readonly string[] }> {
    const index = join(this.#deps.folder, "index");
    await rm(index, { force: true });
    const environment = { GIT_INDEX_FILE: index };
    await this.#local({ command: "read-tree", options: [parent], environment });
    const entries = await this.entries(
      parent,
      changes.map(({ path }) => path),
    );
    const lines = new Map<string, string>();
    for (const { path, content } of changes) {
      const before = entries.get(path);
      const object = content === undefined ? undefined : await this.#blob(content);
      if (object === before?.object) continue;
      const line = object === undefined ? `0 ${"0".repeat(parent.length)}` : `${before?.mode ?? FILE_MODE} ${object}`;
      lines.set(path, `${line}\t${path}\0`);
    }
    const input = [...lines.values()].join("");
    await this.#local({ command: "update-index", options: ["-z", "--index-info"], input, environment });
    const { stdout } = await this.#local({ command: "write-tree", options: ["--missing-ok"], environment });
    return { tree: stdout.trim(), files: [...lines.keys()] };
  }

  async #blob(content: string): Promise<string> {
    const { stdout } = await this.#local({ command: "hash-object", options: ["-w", "--stdin"], input: content });
    return stdout.trim();
  }

  async #fetchMissing(objects: readonly string[]): Promise<void> {
    const input = objects.map((object) => `${object}\n`).join("");
    const { stdout } = await this.#local({ command: "cat-file", options: ["--batch-check"], input });
    const missing = stdout.split("\n").flatMap((line) => (line.endsWith(" missing") ? [line.split(" ")[0] ?? ""] : []));
    if (missing.length === 0) return;
    await this.#fetch({
      options: ["--stdin"],
      operands: ["origin"],
      input: missing.map((object) => `${object}\n`).join(""),
      settings: [["fetch.negotiationAlgorithm", "noop"]],
    });
  }

  async #fetch(call: Pick<GitCall, "options" | "operands" | "input" | "settings">): Promise<void> {
    const traceless = [
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-maintenance",
    ];
    await this.#remote({
      ...call,
      command: "fetch",
      options: [...traceless, "--filter=blob:none", ...(call.options ?? [])],
      settings: [...promised(this.#deps.url), ...(call.settings ?? [])],
    });
  }

  async #local(call: Omit<GitCall, "about" | "timeoutMs" | "repository" | "signal">): Promise<GitResult> {
    const { git, url, folder, signal } = this.#deps;
    return await git.run({ ...call, about: url.address, repository: folder, timeoutMs: LOCAL_MS, signal });
  }

  async #remote(call: Omit<GitCall, "about" | "timeoutMs" | "repository" | "signal">): Promise<GitResult> {
    const { url, git, folder, credentials, fetchTimeoutMs, signal } = this.#deps;
    const credential = await credentials.credential(url);
    return await git.run({
      ...call,
      about: url.address,
      repository: folder,
      settings: [
        ["http.lowSpeedLimit", "1"],
        ["http.lowSpeedTime", "30"],
        ...(call.settings ?? []),
        ...credential.settings,
      ],
      environment: credential.environment,
      secrets: credential.secrets,
      protocols: url.protocol === "http" ? ["http", "https"] : [url.protocol],
      timeoutMs: fetchTimeoutMs,
      signal,
    });
  }
}

/** The server is where the contents of files are that are not here: without it git takes the copy for a damaged one. */
function promised(url: RepositoryUrl): readonly GitSetting[] {
  return [
    ["remote.origin.url", url.address],
    ["remote.origin.promisor", "true"],
    ["remote.origin.partialCloneFilter", "blob:none"],
  ];
}

/** A path, after those of the folders that it is in. */
function withFolders(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_part, at) => parts.slice(0, at + 1).join("/"));
}
