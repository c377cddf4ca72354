import { runGit } from "./git-program.ts";

export interface GitPerson {
  readonly name: string;
  readonly email: string;
}

export interface GitCommit {
  /** `main` when absent. A branch that does not exist yet starts at `from`, or empty. */
  readonly branch?: string;
  /** The commit that a new branch starts at, by its full name. */
  readonly from?: string;
  readonly author: GitPerson;
  /** Seconds since the Unix epoch; one step after the commit before it when absent. */
  readonly atSeconds?: number;
  readonly message: string;
  /** The files to write, by path; `null` deletes one. The others stay as they are. */
  readonly files: Readonly<Record<string, string | null>>;
}

export interface GitTag {
  readonly name: string;
  /** The full name of the commit. */
  readonly commit: string;
  /** An annotated tag when present, otherwise a lightweight one. */
  readonly annotation?: { readonly tagger: GitPerson; readonly atSeconds: number; readonly message: string };
}

/** When commits are made that do not say: fixed, so that their names never vary. Both in seconds, `first` since the Unix epoch. */
export interface GitDates {
  readonly first: number;
  readonly step: number;
}

// 2026-11-01T00:00:00Z
const DATES: GitDates = { first: 1_793_491_200, step: 60 };

/** A bare Git repository in a folder, written by `git fast-import`, so that the same commits always get the same names. */
export class GitRepository {
  readonly folder: string;
  readonly #stepSeconds: number;
  #nextSeconds: number;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, dates: GitDates) {
    this.folder = folder;
    this.#nextSeconds = dates.first;
    this.#stepSeconds = dates.step;
  }

  /** Makes an empty repository in `folder` (made if need be) whose HEAD is `main`. */
  static async create(folder: string, dates = DATES): Promise<GitRepository> {
    await runGit(["init", "--quiet", "--bare", "--object-format=sha1", "--initial-branch=main", folder]);
    return new GitRepository(folder, dates);
  }

  /** Adds one commit and answers its full name. */
  async commit(commit: GitCommit): Promise<string> {
    const [sha = ""] = await this.commitAll([commit]);
    return sha;
  }

  /** Adds the commits in order and answers their full names. */
  commitAll(commits: readonly GitCommit[]): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const known = new Set(await this.branches());
      let stream = "";
      for (const [index, commit] of commits.entries()) {
        const seconds = commit.atSeconds ?? this.#nextSeconds;
        this.#nextSeconds = seconds + this.#stepSeconds;
        const branch = commit.branch ?? "main";
        const continues = known.has(branch) && !stream.includes(`commit refs/heads/${branch}\n`);
        const from = continues ? `refs/heads/${branch}^0` : commit.from;
        stream += commitText({ commit, branch, mark: index + 1, seconds, from });
        known.add(branch);
      }
      for (let mark = 1; mark <= commits.length; mark += 1) stream += `get-mark :${mark}\n`;
      // get-mark writes to standard output here: cat-blob's descriptor is 1 by default.
      const answer = await runGit(["--git-dir", this.folder, "fast-import", "--quiet", "--force"], stream);
      return answer.trim().split("\n");
    });
  }

  tag(tag: GitTag): Promise<void> {
    return this.#inTurn(async () => {
      await runGit(["--git-dir", this.folder, "fast-import", "--quiet"], tagText(tag));
    });
  }

  /** The full name of the commit that a branch, a tag or an abbreviated name stands for; throws when there is none. */
  async resolve(revision: string): Promise<string> {
    const args = ["--git-dir", this.folder, "rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`];
    return (await runGit(args)).trim();
  }

  /** The whole messages of a commit and those before it, newest first. */
  async messages(revision: string): Promise<readonly string[]> {
    const text = await runGit(["--git-dir", this.folder, "log", "-z", "--format=%B", "--end-of-options", revision]);
    return text.split("\0").map((message) => message.trim());
  }

  /** What a file holds at a revision; throws where there is none. */
  async textOf(revision: string, path: string): Promise<string> {
    return await runGit(["--git-dir", this.folder, "cat-file", "blob", `${revision}:${path}`]);
  }

  async branches(): Promise<readonly string[]> {
    const text = await runGit(["--git-dir", this.folder, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]);
    return text.split("\n").filter((line) => line !== "");
  }

  // Two imports at once would both start from the same parent.
  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(action, action);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

interface CommitText {
  readonly commit: GitCommit;
  readonly branch: string;
  readonly mark: number;
  readonly seconds: number;
  readonly from: string | undefined;
}

function commitText({ commit, branch, mark, seconds, from }: CommitText): string {
  const person = `${personText(commit.author)} ${seconds} +0000`;
  const lines = [
    `commit refs/heads/${branch}`,
    `mark :${mark}`,
    `author ${person}`,
    `committer ${person}`,
    dataText(`${commit.message}\n`),
    ...(from === undefined ? [] : [`from ${from}`]),
  ];
  for (const [path, content] of Object.entries(commit.files)) {
    if (content === null) lines.push(`D ${path}`);
    else lines.push(`M 100644 inline ${path}`, dataText(content));
  }
  return `${lines.join("\n")}\n\n`;
}

function tagText(tag: GitTag): string {
  if (tag.annotation === undefined) return `reset refs/tags/${tag.name}\nfrom ${tag.commit}\n\n`;
  const { tagger, atSeconds, message } = tag.annotation;
  return [
    `tag ${tag.name}`,
    `from ${tag.commit}`,
    `tagger ${personText(tagger)} ${atSeconds} +0000`,
    dataText(`${message}\n`),
    "",
  ].join("\n");
}

function personText(person: GitPerson): string {
  return `${person.name} <${person.email}>`;
}

function dataText(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}`;
}
