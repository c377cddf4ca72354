import { runGit } from "./git-program.ts";

/** How a merge would end, or did. */
export type TriedMerge =
  | { readonly kind: "clean"; readonly tree: string }
  | { readonly kind: "conflict" }
  /** There is nothing in the branch that is not in the base. */
  | { readonly kind: "nothing" };

export interface MergeCommit {
  readonly base: string;
  readonly head: string;
  readonly message: string;
  /** Whether the branch becomes one commit of the base, instead of a second parent. */
  readonly squash: boolean;
  readonly atSeconds: number;
}

/** The bare repository behind a forge: what its branches are, and merges that are none of the simulator's invention. */
export class ForgeGit {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The newest commit of a branch; undefined where there is no such branch. */
  async head(branch: string): Promise<string | undefined> {
    return await this.#line(["rev-parse", "--verify", "--quiet", "--end-of-options", `refs/heads/${branch}^{commit}`]);
  }

  async hasCommit(sha: string): Promise<boolean> {
    return (
      (await this.#line(["rev-parse", "--verify", "--quiet", "--end-of-options", `${sha}^{commit}`])) !== undefined
    );
  }

  async tryMerge(base: string, head: string): Promise<TriedMerge> {
    const behind = await this.#line(["merge-base", base, head]);
    if (behind === head) return { kind: "nothing" };
    // It ends with 1 where there are conflicts.
    const tree = await this.#line(["merge-tree", "--write-tree", base, head]);
    return tree === undefined ? { kind: "conflict" } : { kind: "clean", tree: tree.split("\n")[0] ?? "" };
  }

  /** Merges one branch into another; undefined where they conflict. */
  async merge({ base, head, message, squash, atSeconds }: MergeCommit): Promise<string | undefined> {
    const [into, from] = [await this.head(base), await this.head(head)];
    if (into === undefined || from === undefined) return undefined;
    const tried = await this.tryMerge(into, from);
    if (tried.kind !== "clean") return undefined;
    const parents = squash ? ["-p", into] : ["-p", into, "-p", from];
    const date = `${atSeconds} +0000`;
    const people = ["-c", "user.name=Forge", "-c", "user.email=forge@example.com"];
    const made = await runGit(
      [...people, "--git-dir", this.#folder, "commit-tree", tried.tree, ...parents, "-F", "-"],
      `${message}\n`,
      { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    );
    const sha = made.trim();
    // Only as long as nobody has moved the base meanwhile.
    await runGit(["--git-dir", this.#folder, "update-ref", `refs/heads/${base}`, sha, into]);
    return sha;
  }

  async #line(args: readonly string[]): Promise<string | undefined> {
    try {
      const text = (await runGit(["--git-dir", this.#folder, ...args])).trim();
      return text === "" ? undefined : text;
    } catch {
      return undefined;
    }
  }
}
