import type { CommitCheck } from "./commit-check.ts";

/** A pull request of GitHub, or a merge request of GitLab. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "merged" | "closed";
  /** The branch that is to be merged, its newest commit, and the branch into which it is. */
  readonly head: string;
  readonly sha: string;
  readonly base: string;
  readonly body: string;
  readonly readiness: Readiness;
  /** The commit that came of it on the base branch; empty where it is not merged. */
  readonly mergedAs: string;
  /** Who merged it, as the forge calls them; empty where that is not known. */
  readonly mergedBy: string;
}

/** What the forge itself says about merging it. `checking`: it is finding out. */
export type Readiness =
  | { readonly kind: "ready" | "checking" | "conflict" }
  | { readonly kind: "waiting"; readonly why: string };

/** What checks and people say about the newest commit of a pull request. */
export interface Standing {
  /** How many checks there are, whatever they say. */
  readonly checks: number;
  readonly failed: readonly CommitCheck[];
  readonly pending: readonly CommitCheck[];
  readonly approvedBy: readonly string[];
  readonly changesAskedBy: readonly string[];
}

export interface PullRequestOrder {
  readonly title: string;
  readonly body: string;
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

export interface MergeOrder {
  readonly number: number;
  readonly method: "merge" | "squash" | "rebase";
  /** Only this commit of the branch is merged. */
  readonly sha: string;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
}

/** The pull requests of one repository. Everything throws what `ForgeClient` throws. */
export interface PullRequests {
  /** `#12` or `!12`. */
  label(number: number): string;
  defaultBranch(): Promise<string>;
  /** Those from one branch into another, whatever became of them, the newest first. */
  find(head: string, base: string): Promise<readonly PullRequest[]>;
  open(order: PullRequestOrder): Promise<PullRequest>;
  get(number: number): Promise<PullRequest>;
  standing(request: PullRequest): Promise<Standing>;
  merge(order: MergeOrder): Promise<void>;
}
