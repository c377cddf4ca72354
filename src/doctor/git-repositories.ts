import { isAllowedBranch } from "../git/branch-pattern.ts";
import { errorMessage } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

export interface RepositoriesQuestion {
  /** The addresses that the applications read. */
  readonly repositories: readonly string[];
  readonly branches: (repository: string) => Promise<readonly string[]>;
  /** Patterns of the branches that may be deployed from. */
  readonly allowed: (repository: string) => readonly string[];
  /** Whether steps may write to it. */
  readonly isWritable: (repository: string) => boolean;
  /** Asks the server whether it would take a commit on the branch. */
  readonly tryPush: (repository: string, branch: string) => Promise<void>;
}

/** Whether git is there and new enough. */
export async function gitProgram(version: () => Promise<string>): Promise<readonly Finding[]> {
  const about = new Subject("git", "program");
  try {
    return [about.ok(await version())];
  } catch (error) {
    const why = "revisions cannot be looked up without it, so nothing can be started";
    return [
      about.problem({ what: errorMessage(error), why, mend: "install git 2.31 or newer where Quarterdeck runs" }),
    ];
  }
}

/** Whether each repository can be read as configured, and has a branch that may be deployed from. */
export async function gitRepositories(question: RepositoriesQuestion): Promise<readonly Finding[]> {
  return await Promise.all(question.repositories.map((repository) => repositoryFinding(question, repository)));
}

async function repositoryFinding(question: RepositoriesQuestion, repository: string): Promise<Finding> {
  const { branches, allowed } = question;
  const about = new Subject("git", repository);
  try {
    const patterns = allowed(repository);
    const names = await branches(repository);
    const fitting = names.filter((name) => isAllowedBranch(name, patterns));
    const [branch] = fitting;
    if (branch !== undefined) return await writingFinding(question, { repository, branch, deployed: shown(fitting) });
    const what = `none of its branches (${shown(names)}) is one of those that may be deployed from (${patterns.join(", ")})`;
    const mend =
      "name its branches with `branches` at its entry under `git.repositories`, or for all in `git.branches`";
    return about.problem({ what, why: "every revision of it is refused", mend });
  } catch (error) {
    const why = "no revision of its applications can be looked up";
    const mend = "check its entry under `git.repositories`: how it is read, and whether the credential still counts";
    return about.problem({ what: errorMessage(error), why, mend });
  }
}

async function writingFinding(
  { isWritable, tryPush }: RepositoriesQuestion,
  read: { readonly repository: string; readonly branch: string; readonly deployed: string },
): Promise<Finding> {
  const { repository, branch, deployed } = read;
  const about = new Subject("git", repository);
  if (!isWritable(repository)) return about.ok(`can be read; deployed from ${deployed}`);
  try {
    await tryPush(repository, branch);
    return about.ok(`can be read and written; deployed from ${deployed}`);
  } catch (error) {
    const why = "the configuration says `write: true` of it, and every `git/commit` to it fails";
    const mend = "give its credential the right to push, or take `write: true` away";
    return about.problem({ what: errorMessage(error), why, mend });
  }
}

function shown(names: readonly string[]): string {
  const more = names.length - 5;
  return [...names.slice(0, 5), ...(more > 0 ? [`${more} more`] : [])].join(", ") || "there is none";
}
