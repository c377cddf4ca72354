import type { BranchWriter, WriteRequest, WriteResult } from "../../src/git/branch-writer.ts";
import { editKustomizeImage } from "../../src/config/edit-kustomize-image.ts";
import { editYaml } from "../../src/config/edit-yaml.ts";
import { AppError } from "../../src/platform/errors.ts";
import type { GitWriting } from "../../src/steps/git/git-writing.ts";

/** One branch in memory, and what of Git a step writes it with. */
export class MemoryBranch {
  readonly files = new Map<string, string>();
  readonly commits: { readonly sha: string; readonly message: string; readonly files: readonly string[] }[] = [];
  readonly requests: WriteRequest[] = [];
  isWritable = true;
  /** What happens before a push is taken; what it throws is the server's answer. */
  beforePush: (request: WriteRequest) => Promise<void> = async () => undefined;
  /** What happens after it was. */
  afterPush: (request: WriteRequest) => Promise<void> = async () => undefined;
  names: Readonly<Record<string, string>> = { U1: "Ana Lopez" };

  constructor(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) this.files.set(path, text);
  }

  get writing(): GitWriting {
    return {
      write: (request) => this.#write(request),
      mayWrite: () => this.isWritable,
      author: () => ({ name: "Quarterdeck", email: "quarterdeck@example.com" }),
      coAuthor: async (user) => {
        const name = this.names[user];
        return name === undefined ? undefined : { name, email: "ana@example.com" };
      },
      setValue: editYaml,
      setImage: editKustomizeImage,
    };
  }

  readonly #write: BranchWriter["write"] = async (request): Promise<WriteResult> => {
    const { files, edit, message, own, earlier, onCommit, signal } = request;
    this.requests.push(request);
    signal?.throwIfAborted();
    const found = this.commits.find(
      ({ sha, message: text }) =>
        earlier.includes(sha) || own.values.some((value) => text.includes(`${own.trailer}: ${value}\n`)),
    );
    if (found !== undefined) return { kind: "found", revision: found.sha };
    const known = files.filter(({ path }) => this.files.has(path));
    const texts = new Map(known.map(({ path, isRead }) => [path, isRead ? this.files.get(path) : undefined]));
    const changes = edit(texts).filter(({ path, content }) => content !== this.files.get(path));
    if (changes.length === 0) return { kind: "unchanged", revision: this.#sha(this.commits.length) };
    const sha = this.#sha(this.commits.length + 1 + this.requests.length * 16);
    const paths = changes.map(({ path }) => path);
    await onCommit({ sha, files: paths });
    await this.beforePush(request);
    signal?.throwIfAborted();
    for (const { path, content } of changes) {
      if (content === undefined) this.files.delete(path);
      else this.files.set(path, content);
    }
    this.commits.push({ sha, message, files: paths });
    await this.afterPush(request);
    return { kind: "written", revision: sha, files: paths };
  };

  #sha(number: number): string {
    return number.toString(16).padStart(40, "a");
  }
}

/** What a writer says when it does not know what became of a push. */
export function lostAnswer(): AppError {
  return new AppError("the server does not answer", { code: "git.unreachable", retry: "backoff" });
}
