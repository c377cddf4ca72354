import type { CommitSummary } from "../../../src/git/commit-summary.ts";
import { shaOf } from "./sha-of.ts";
import type { CommitSetup } from "./git-act.ts";

/** One commit; every commit has at most one parent here. */
export interface Commit {
  readonly sha: string;
  readonly parent: string | undefined;
  /** How many commits lie before it. */
  readonly depth: number;
  readonly paths: readonly string[];
  readonly summary: CommitSummary;
  /** The order in which commits were made, in the whole repository. */
  readonly order: number;
}

/** The commits, branches and tags of one repository. What was ever pushed stays there, as it does on the usual servers. */
export class CommitGraph {
  readonly #commits = new Map<string, Commit>();
  readonly branches = new Map<string, string>();
  readonly tags = new Map<string, string>();

  get(sha: string): Commit | undefined {
    return this.#commits.get(sha);
  }

  all(): Iterable<Commit> {
    return this.#commits.values();
  }

  /** Adds commits on a parent, the oldest first; gives the id of the last one. One that is there already is not added twice. */
  add(parent: string | undefined, commits: readonly CommitSetup[], atMs: number): string | undefined {
    let head = parent;
    for (const setup of commits) {
      const sha = shaOf(setup.name);
      if (!this.#commits.has(sha)) this.#commits.set(sha, this.#commit(setup, sha, head, atMs));
      head = sha;
    }
    return head;
  }

  /** From the commit back to the first one. */
  *history(sha: string): Generator<Commit, void, undefined> {
    for (let commit = this.get(sha); commit !== undefined; commit = this.#parentOf(commit)) yield commit;
  }

  contains(head: string, sha: string): boolean {
    const wanted = this.get(sha);
    let commit = this.get(head);
    if (wanted === undefined) return false;
    while (commit !== undefined && commit.depth > wanted.depth) commit = this.#parentOf(commit);
    return commit === wanted;
  }

  /** The branches whose history holds the commit, in the order of their names. */
  branchesWith(sha: string): readonly string[] {
    const found: string[] = [];
    for (const [branch, head] of this.branches) if (this.contains(head, sha)) found.push(branch);
    return found.toSorted();
  }

  mergeBase(one: string, other: string): string | undefined {
    let [left, right] = [this.get(one), this.get(other)];
    while (left !== undefined && right !== undefined && left !== right) {
      if (left.depth >= right.depth) left = this.#parentOf(left);
      else right = this.#parentOf(right);
    }
    return left === right ? left?.sha : undefined;
  }

  #parentOf(commit: Commit): Commit | undefined {
    return commit.parent === undefined ? undefined : this.#commits.get(commit.parent);
  }

  #commit(setup: CommitSetup, sha: string, parent: string | undefined, atMs: number): Commit {
    const name = setup.author ?? "Ana";
    return {
      sha,
      parent,
      depth: parent === undefined ? 0 : (this.get(parent)?.depth ?? -1) + 1,
      paths: setup.paths.map(tidyPath),
      order: this.#commits.size,
      summary: {
        sha,
        short: sha.slice(0, 7),
        subject: setup.subject ?? setup.name,
        author: { name, email: `${name.toLowerCase().replaceAll(/[^a-z]+/gu, ".")}@example.com` },
        authoredAt: Math.floor(atMs / 1000) * 1000,
      },
    };
  }
}

/** A path without anything that does not matter; empty for the root. */
export function tidyPath(path: string): string {
  return path
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/");
}

/** Whether a commit touches one of the paths; none, or the root, stands for everything. */
export function touches(commit: Commit, paths: readonly string[]): boolean {
  if (paths.length === 0 || paths.includes("")) return true;
  return commit.paths.some((own) => paths.some((path) => isAtOrBelow(own, path) || isAtOrBelow(path, own)));
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
