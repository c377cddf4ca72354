/** What a repository says about one commit. */
export interface CommitDetails {
  /** `Ana Lopez <ana@example.com>` */
  readonly author: string;
  /** RFC 3339. */
  readonly date: string;
  readonly message: string;
  readonly tags: readonly string[];
}

export interface FolderAtCommit {
  readonly repoURL: string;
  /** By its full name. */
  readonly commit: string;
  readonly folder: string;
}

/** Where the simulated repo-server reads manifests from; `argocd-git-source.ts` reads Git repositories. */
export interface ManifestSource {
  /** Branches and tags by their full reference name, and `HEAD`, each with the commit it stands for. Throws when there is no such repository. */
  references(repoURL: string): Promise<ReadonlyMap<string, string>>;
  /** The full name of a commit that exists, from its full or shortened name. */
  commitName(repoURL: string, revision: string): Promise<string | undefined>;
  /** The files directly in a folder at a commit by their name; undefined when the folder does not exist there. */
  files(at: FolderAtCommit): Promise<ReadonlyMap<string, string> | undefined>;
  commit(repoURL: string, commit: string): Promise<CommitDetails | undefined>;
}

/**
 * What Argo CD makes of a revision without looking at the commits: a full name is taken as it is, then a branch or a tag,
 * then anything of 7 hexadecimal digits or more is taken for a shortened name. Undefined when nothing fits.
 */
export function resolveRevision(revision: string, references: ReadonlyMap<string, string>): string | undefined {
  if (isFullCommitName(revision)) return revision;
  const names = [revision, `refs/heads/${revision}`, `refs/tags/${revision}`, `refs/${revision}`];
  for (const name of names) {
    const commit = references.get(name);
    if (commit !== undefined) return commit;
  }
  return /^[0-9a-f]{7,39}$/u.test(revision) ? revision : undefined;
}

export function isFullCommitName(revision: string): boolean {
  return /^[0-9a-f]{40}$/u.test(revision);
}
