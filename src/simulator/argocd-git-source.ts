import { isoTime } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { CommitDetails, FolderAtCommit, ManifestSource } from "./argocd-manifest-source.ts";
import { runGit, runGitBytes } from "./git-program.ts";

const MANIFEST_NAME = /\.(?:json|ya?ml)$/u;

/** Reads manifests with the `git` program from bare repositories on this machine. Commits never change, so their files are kept. */
export class GitManifestSource implements ManifestSource {
  /** The folders of the repositories by the address under which Applications know them. */
  readonly #folders: ReadonlyMap<string, string>;
  readonly #files = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();
  readonly #commits = new Map<string, Promise<string | undefined>>();
  readonly #asking = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = new Map(Object.entries(folders));
  }

  /** Those who ask while the answer is on its way get the same answer. */
  references(repoURL: string): Promise<ReadonlyMap<string, string>> {
    const asking = this.#asking.get(repoURL) ?? this.#readReferences(this.#folder(repoURL));
    this.#asking.set(repoURL, asking);
    return asking.finally(() => this.#asking.delete(repoURL));
  }

  async #readReferences(folder: string): Promise<ReadonlyMap<string, string>> {
    // An annotated tag is listed by the commit behind it; %(*objectname) is empty for everything else.
    const format = "--format=%(HEAD) %(refname) %(objectname) %(*objectname)";
    const references = new Map<string, string>();
    for (const line of (await git(folder, ["for-each-ref", format])).split("\n")) {
      const isHead = line.startsWith("*");
      const [name = "", object = "", peeled = ""] = line.slice(2).split(" ");
      if (name === "") continue;
      references.set(name, peeled === "" ? object : peeled);
      if (isHead) references.set("HEAD", object);
    }
    return references;
  }

  async commitName(repoURL: string, revision: string): Promise<string | undefined> {
    const folder = this.#folder(repoURL);
    if (!/^[0-9a-f]{7,40}$/u.test(revision)) return undefined;
    const key = `${repoURL} ${revision}`;
    // `rev-parse` alone takes any 40 digits unchecked; asking for the commit behind them does not.
    const answer =
      this.#commits.get(key) ?? tryGit(folder, ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
    this.#commits.set(key, answer);
    const name = (await answer)?.trim();
    // What is not there now may be pushed later.
    if (name === undefined) this.#commits.delete(key);
    return name;
  }

  files({ repoURL, commit, folder }: FolderAtCommit): Promise<ReadonlyMap<string, string> | undefined> {
    const key = `${repoURL} ${commit} ${folder}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const files = this.#readFiles(this.#folder(repoURL), `${commit}:${folder}`);
    this.#files.set(key, files);
    return files;
  }

  async commit(repoURL: string, commit: string): Promise<CommitDetails | undefined> {
    const folder = this.#folder(repoURL);
    const args = ["show", "--no-patch", "--format=%an <%ae>%n%at%n%B", `${commit}^{commit}`];
    const text = await tryGit(folder, args);
    if (text === undefined) return undefined;
    const [author = "", seconds = "0", ...message] = text.trimEnd().split("\n");
    const tags = (await git(folder, ["tag", "--points-at", commit])).split("\n").filter((tag) => tag !== "");
    const date = isoTime(Number(seconds) * 1000).replace(".000Z", "Z");
    return { author, date, message: message.join("\n"), tags };
  }

  async #readFiles(folder: string, tree: string): Promise<ReadonlyMap<string, string> | undefined> {
    const listing = await tryGit(folder, ["ls-tree", "-z", tree]);
    if (listing === undefined) return undefined;
    const names = listing
      .split("\0")
      .filter((entry) => entry.includes(" blob "))
      .map((entry) => entry.slice(entry.indexOf("\t") + 1))
      .filter((name) => MANIFEST_NAME.test(name));
    const input = names.map((name) => `${tree}/${name}\n`).join("");
    const texts = blobs(await runGitBytes(["--git-dir", folder, "cat-file", "--batch"], input));
    return new Map(names.map((name, index) => [name, texts[index] ?? ""]));
  }

  #folder(repoURL: string): string {
    const folder = this.#folders.get(repoURL);
    if (folder !== undefined) return folder;
    throw new AppError(`the simulated Argo CD has no repository ${repoURL}`, { code: "simulator.no-repository" });
  }
}

// Each blob is a line `<name> blob <bytes>`, the bytes, and a line end.
function blobs(output: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < output.length;) {
    const lineEnd = output.indexOf("\n", at);
    const size = Number(output.toString("utf8", at, lineEnd).split(" ").at(-1));
    texts.push(output.toString("utf8", lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
  }
  return texts;
}

function git(folder: string, args: readonly string[]): Promise<string> {
  return runGit(["--git-dir", folder, ...args]);
}

/** Undefined where Git says that there is no such object. */
async function tryGit(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await git(folder, args);
  } catch {
    return undefined;
  }
}
