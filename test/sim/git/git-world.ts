import { isAllowedBranch } from "../../../src/git/branch-pattern.ts";
import type { CommitSummary } from "../../../src/git/commit-summary.ts";
import type { CommitsAnswer, CommitsRequest } from "../../../src/git/commits-between.ts";
import type { RevisionAnswer } from "../../../src/git/look-up-revision.ts";
import type { RecentCommit, RecentRequest } from "../../../src/git/recent-commits.ts";
import { isFullSha, parseRevisionText } from "../../../src/git/revision-text.ts";
import { didYouMean } from "../../../src/platform/did-you-mean.ts";
import { AppError } from "../../../src/platform/errors.ts";
import type { Schedule } from "../schedule.ts";
import { type Commit, CommitGraph, tidyPath, touches } from "./commit-graph.ts";
import type { GitAct, RepositorySetup } from "./git-act.ts";
import { shaOf } from "./sha-of.ts";

export interface GitWorldDeps {
  readonly schedule: Schedule;
  readonly repositories: readonly RepositorySetup[];
}

/** Where a branch of a repository stood, and since when. */
export interface BranchMove {
  readonly at: number;
  readonly repository: string;
  readonly branch: string;
  /** Absent when the branch was deleted. */
  readonly head?: string;
}

interface Asked {
  readonly repository: string;
}

const MOST_LISTED = 20;
const MOST_CANDIDATES = 10;
const MOST_SUGGESTIONS = 3;

/** The Git servers of a simulation, asked as the product asks its mirrors, except that every answer is at once and of now. */
export class GitWorld {
  readonly #deps: GitWorldDeps;
  readonly #graphs = new Map<string, CommitGraph>();
  readonly #listeners: ((repository: string, branch: string) => void)[] = [];
  /** Every move of a branch, the first ones included, in order of time. */
  readonly moves: BranchMove[] = [];

  constructor(deps: GitWorldDeps) {
    this.#deps = deps;
    for (const repository of deps.repositories) this.#create(repository);
  }

  /** Calls `listener` after each move of a branch. */
  onMove(listener: (repository: string, branch: string) => void): void {
    this.#listeners.push(listener);
  }

  act(act: GitAct): void {
    const graph = this.#graph(act.repository);
    const now = this.#deps.schedule.now();
    switch (act.type) {
      case "push":
        this.#move(act, graph.add(graph.branches.get(act.branch), act.commits, now));
        return;
      case "rewrite":
        this.#move(act, graph.add(shaOf(act.to), act.commits ?? [], now));
        return;
      case "delete-branch":
        this.#move(act, undefined);
        return;
      case "tag":
        graph.tags.set(act.tag, shaOf(act.to));
        return;
    }
  }

  /** What a text that a person typed means as a revision of the repository. */
  resolveRevision(
    request: Asked & { readonly text: string; readonly allowedBranches: readonly string[] },
  ): RevisionAnswer {
    const text = parseRevisionText(request.text);
    if (text.kind === "malformed") return text;
    const { allowedBranches } = request;
    const graph = this.#graph(request.repository);
    const named = namedCommit(graph, text.references);
    const found = text.digits === undefined ? [] : commitsBeginning(graph, text.digits);
    const [exact] = text.digits?.length === 40 ? found : [];
    if (exact !== undefined) return judge(graph, { commit: exact, via: "sha" }, allowedBranches);
    if (named !== undefined) return judge(graph, named, allowedBranches);
    if (found.length === 0) return { kind: "unknown", suggestions: suggestions(graph, text) };
    return onlyDigits(graph, found, allowedBranches);
  }

  /** The commits between what is live and the target. */
  commitsBetween(request: Asked & Omit<CommitsRequest, "most"> & { readonly most?: number }): CommitsAnswer {
    const { from, to, most = MOST_LISTED } = request;
    const graph = this.#graph(request.repository);
    if (!isFullSha(from) || graph.get(from) === undefined) return { kind: "unknown-live", sha: from };
    if (!isFullSha(to) || graph.get(to) === undefined) return { kind: "unknown-target", sha: to };
    if (from === to) return { kind: "same" };
    const base = graph.mergeBase(from, to);
    const paths = request.paths.map(tidyPath);
    const added = listBetween(graph, { base, head: to, paths, most });
    const removed = listBetween(graph, { base, head: from, paths, most });
    if (base === from) return { kind: "forward", added, removed };
    return { kind: base === to ? "backward" : "diverged", added, removed };
  }

  /** The newest commits that may be deployed. */
  recentCommits(request: Asked & RecentRequest): readonly RecentCommit[] {
    const graph = this.#graph(request.repository);
    const commits = new Set<Commit>();
    for (const [branch, head] of graph.branches) {
      if (!isAllowedBranch(branch, request.allowedBranches)) continue;
      for (const commit of graph.history(head)) commits.add(commit);
    }
    return newestFirst([...commits])
      .slice(0, request.most)
      .map(({ sha, summary }) => ({ ...summary, names: namesAt(graph, sha) }));
  }

  /** The commit that Argo CD makes of a revision: whole ids are believed, few digits too, names have to exist. */
  resolveForArgocd(repository: string, revision: string): string | undefined {
    if (/^[0-9a-f]{40}$/u.test(revision)) return revision;
    const graph = this.#graphs.get(repository);
    const name = revision === "HEAD" ? "main" : revision.replace(/^refs\/(?:heads|tags)\//u, "");
    const head = graph?.branches.get(name) ?? graph?.tags.get(name);
    if (head !== undefined) return head;
    return /^[0-9a-f]{7,39}$/u.test(revision) ? revision : undefined;
  }

  /**
   * What a folder of the repository holds at a commit, as a text that is the same where the folder is the same: the id of the last
   * commit that touched it. Undefined when the commit does not exist.
   */
  folderAt(repository: string, at: { readonly revision: string; readonly path: string }): string | undefined {
    const graph = this.#graphs.get(repository);
    const commit =
      graph?.get(at.revision) ?? (graph === undefined ? undefined : commitsBeginning(graph, at.revision)[0]);
    if (graph === undefined || commit === undefined) return undefined;
    const path = tidyPath(at.path);
    for (const earlier of graph.history(commit.sha)) if (touches(earlier, [path])) return earlier.sha;
    return "";
  }

  #create({ url, branches, tags = {} }: RepositorySetup): void {
    const graph = new CommitGraph();
    this.#graphs.set(url, graph);
    // Old enough that nothing of the scenario comes before.
    let at = this.#deps.schedule.now() - 7 * 86_400_000;
    for (const { name, from, commits } of branches) {
      let head = from === undefined ? undefined : shaOf(from);
      for (const commit of commits) {
        head = graph.add(head, [commit], at);
        at += 3_600_000;
      }
      this.#move({ repository: url, branch: name }, head);
    }
    for (const [tag, name] of Object.entries(tags)) graph.tags.set(tag, shaOf(name));
  }

  #graph(repository: string): CommitGraph {
    const graph = this.#graphs.get(repository);
    if (graph !== undefined) return graph;
    throw new AppError(`there is no repository ${repository}`, { code: "git.not-a-repository" });
  }

  #move(
    { repository, branch }: { readonly repository: string; readonly branch: string },
    head: string | undefined,
  ): void {
    const { branches } = this.#graph(repository);
    if (head === undefined) branches.delete(branch);
    else branches.set(branch, head);
    this.moves.push({ at: this.#deps.schedule.now(), repository, branch, ...(head !== undefined && { head }) });
    for (const listener of this.#listeners) listener(repository, branch);
  }
}

function newestFirst(commits: readonly Commit[]): readonly Commit[] {
  return commits.toSorted((one, other) => other.order - one.order);
}

interface Match {
  readonly commit: Commit;
  readonly via: "branch" | "tag" | "sha";
}

function namedCommit(graph: CommitGraph, references: readonly string[]): Match | undefined {
  for (const reference of references) {
    const isBranch = reference.startsWith("refs/heads/");
    const name = reference.replace(/^refs\/(?:heads|tags)\//u, "");
    const commit = graph.get((isBranch ? graph.branches : graph.tags).get(name) ?? "");
    if (commit !== undefined) return { commit, via: isBranch ? "branch" : "tag" };
  }
  return undefined;
}

function commitsBeginning(graph: CommitGraph, digits: string): readonly Commit[] {
  const exact = graph.get(digits);
  if (exact !== undefined) return [exact];
  return [...graph.all()]
    .filter(({ sha }) => sha.startsWith(digits))
    .toSorted((one, other) => (one.sha < other.sha ? -1 : 1));
}

function judge(graph: CommitGraph, { commit, via }: Match, allowedBranches: readonly string[]): RevisionAnswer {
  const onBranches = graph.branchesWith(commit.sha);
  const isAllowed = onBranches.some((branch) => isAllowedBranch(branch, allowedBranches));
  if (isAllowed) return { ...commit.summary, kind: "resolved", via };
  return { ...commit.summary, kind: "not-allowed", onBranches: onBranches.slice(0, MOST_LISTED), allowedBranches };
}

function onlyDigits(
  graph: CommitGraph,
  commits: readonly Commit[],
  allowedBranches: readonly string[],
): RevisionAnswer {
  const judged = commits.map((commit) => judge(graph, { commit, via: "sha" }, allowedBranches));
  const allowed = commits.filter((_commit, index) => judged[index]?.kind === "resolved");
  const [only] = allowed.length === 1 ? judged.filter(({ kind }) => kind === "resolved") : judged;
  if (only !== undefined && (allowed.length === 1 || judged.length === 1)) return only;
  const candidates = newestFirst(allowed.length > 0 ? allowed : commits);
  const shown = candidates.slice(0, MOST_CANDIDATES).map(({ summary }) => summary);
  return { kind: "ambiguous", candidates: shown, count: candidates.length };
}

function suggestions(
  graph: CommitGraph,
  { text, digits }: { readonly text: string; readonly digits: string | undefined },
): readonly string[] {
  if (digits !== undefined) return [];
  const names = [...[...graph.branches.keys()].toSorted(), ...[...graph.tags.keys()].toSorted()];
  const near = didYouMean(text, names);
  const below = names.filter((name) => name.endsWith(`/${text}`) || name.startsWith(`${text}/`));
  return [...new Set([...(near === undefined ? [] : [near]), ...below])].slice(0, MOST_SUGGESTIONS);
}

function namesAt(graph: CommitGraph, sha: string): readonly string[] {
  const at = (names: ReadonlyMap<string, string>): readonly string[] =>
    [...names].flatMap(([name, head]) => (head === sha ? [name] : [])).toSorted();
  return [...at(graph.branches), ...at(graph.tags)];
}

function listBetween(
  graph: CommitGraph,
  range: {
    readonly base: string | undefined;
    readonly head: string;
    readonly paths: readonly string[];
    readonly most: number;
  },
): { readonly commits: readonly CommitSummary[]; readonly touching: number; readonly others: number } {
  const touching: CommitSummary[] = [];
  let others = 0;
  for (const commit of graph.history(range.head)) {
    if (commit.sha === range.base) break;
    if (touches(commit, range.paths)) touching.push(commit.summary);
    else others += 1;
  }
  return { commits: touching.slice(0, range.most), touching: touching.length, others };
}
