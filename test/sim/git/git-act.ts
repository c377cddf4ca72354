/** A commit as a scenario writes it. Its id is `shaOf(name)`. */
export interface CommitSetup {
  readonly name: string;
  readonly subject?: string;
  /** The name of the author; the address is made from it. */
  readonly author?: string;
  /** The folders or files that it touches, from the root of the repository. None touches nothing that is deployed. */
  readonly paths: readonly string[];
}

/** A branch with commits of its own, the oldest first. */
export interface BranchSetup {
  readonly name: string;
  /** The name of the commit that it begins at; absent for a branch that begins with its first commit. */
  readonly from?: string;
  readonly commits: readonly CommitSetup[];
}

export interface RepositorySetup {
  readonly url: string;
  readonly branches: readonly BranchSetup[];
  /** Tag to name of the commit. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What people do in a repository; plain data. */
export type GitAct =
  | {
      readonly type: "push";
      readonly repository: string;
      readonly branch: string;
      readonly commits: readonly CommitSetup[];
    }
  /** A force push: the branch stands at `to` afterwards, with new commits on it. A branch that was not there is made. */
  | {
      readonly type: "rewrite";
      readonly repository: string;
      readonly branch: string;
      /** The name of a commit. */
      readonly to: string;
      readonly commits?: readonly CommitSetup[];
    }
  | { readonly type: "delete-branch"; readonly repository: string; readonly branch: string }
  | { readonly type: "tag"; readonly repository: string; readonly tag: string; readonly to: string };
