import { createHash } from "node:crypto";

import { Timeline } from "./timeline.ts";

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly files: ReadonlyMap<string, string>;
  readonly message: string;
  readonly author: string;
}

/** Who has moved a branch: a step by its program, the forge when it merged something, or somebody else. */
type Mover = "quarterdeck" | "forge" | "others";

/** A branch that got a newer commit. */
export interface Move {
  readonly branch: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly by: Mover;
  /** When whoever asked for it did. */
  readonly sentAt: number;
  readonly at: number;
}

export const MAIN = "main";
export const OTHERS = "pat <pat@example.com>";
/** The files on which everybody works. */
export const FILES: readonly string[] = ["apps/checkout.yaml", "apps/payments.yaml"];

/** A repository as its server has it, with everything that ever happened to it. */
export class GitServer {
  readonly commits = new Map<string, Commit>();
  readonly blobs = new Map<string, string>();
  readonly moves: Move[] = [];
  readonly #heads = new Map<string, Timeline<string | undefined>>();
  /** Nobody but the forge itself may add commits to the main branch. */
  readonly isProtected = new Timeline(false);
  /** A hook of the server takes nothing. */
  readonly isDeclining = new Timeline(false);
  #count = 0;

  constructor(now: number) {
    const files = new Map(FILES.map((file) => [file, manifest(file)]));
    const { sha } = this.add({ parents: [], files, message: "first\n", author: OTHERS, at: now });
    this.move({ branch: MAIN, to: sha, by: "others", sentAt: now, at: now });
  }

  head(branch: string): Timeline<string | undefined> {
    const known = this.#heads.get(branch) ?? new Timeline<string | undefined>(undefined);
    this.#heads.set(branch, known);
    return known;
  }

  /** Makes a commit that no branch has yet. */
  add({ at, ...made }: Omit<Commit, "sha"> & { readonly at: number }): Commit {
    const files = [...made.files].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const sha = idOf("commit", JSON.stringify([made.parents, files, made.message, made.author, at]));
    const commit = { ...made, sha };
    this.commits.set(sha, commit);
    for (const text of made.files.values()) this.blobs.set(blobOf(text), text);
    return commit;
  }

  get(sha: string): Commit {
    const commit = this.commits.get(sha);
    if (commit === undefined) throw new RangeError(`nobody has the commit ${sha}`);
    return commit;
  }

  /** Lets a branch point to a commit that continues it; false where it does not. */
  move({ branch, to, by, sentAt, at }: Omit<Move, "from">): boolean {
    const head = this.head(branch);
    const from = head.now;
    if (from !== undefined && !this.history(to).has(from)) return false;
    head.set(at, to);
    this.moves.push({ branch, from, to, by, sentAt, at });
    return true;
  }

  /** A commit with all that it continues. */
  history(sha: string): ReadonlySet<string> {
    const found = new Set([sha]);
    for (const each of found) for (const parent of this.get(each).parents) found.add(parent);
    return found;
  }

  /** Somebody else changes a file of a branch. */
  edit({
    branch,
    file,
    text,
    at,
  }: {
    branch: string;
    file: string;
    text: (before: string) => string;
    at: number;
  }): void {
    const from = this.head(branch).now;
    if (from === undefined) return;
    this.#count += 1;
    const files = new Map(this.get(from).files);
    files.set(file, text(files.get(file) ?? ""));
    const { sha } = this.add({ parents: [from], files, message: `change ${this.#count}\n`, author: OTHERS, at });
    this.move({ branch, to: sha, by: "others", sentAt: at, at });
  }

  /** What becomes of the files when one commit is merged into another; undefined where they are in conflict. */
  merged(head: string, base: string): ReadonlyMap<string, string> | undefined {
    const own = this.history(head);
    // The newest commit comes first in a history.
    const fork = [...this.history(base)].find((sha) => own.has(sha));
    const [before, theirs, ours] = [this.#filesOf(fork), this.#filesOf(base), this.#filesOf(head)];
    const files = new Map<string, string>();
    for (const path of new Set([...theirs.keys(), ...ours.keys()])) {
      const [old, their, our] = [before.get(path), theirs.get(path), ours.get(path)];
      if (new Set([old, their, our]).size === 3) return undefined;
      const text = old === our ? their : our;
      if (text !== undefined) files.set(path, text);
    }
    return files;
  }

  #filesOf(sha: string | undefined): Commit["files"] {
    return sha === undefined ? new Map() : this.get(sha).files;
  }
}

/** The text of a manifest as it is at first; `tag` is what releases set. */
function manifest(file: string): string {
  return `# who owns it: ${file}\nimage:\n  tag: v0 # set by releases\n  pull: Always\nreplicas: 1\n`;
}

export function blobOf(text: string): string {
  return idOf("blob", text);
}

export function idOf(sort: string, text: string): string {
  return createHash("sha1").update(`${sort}\n${text}`).digest("hex");
}
