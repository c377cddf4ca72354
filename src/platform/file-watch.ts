import { type FSWatcher, watch } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Clock, Timer } from "./clock.ts";

export interface FileWatchDeps {
  /** Files, and folders whose files count; any of them may be missing for a while. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  /** Called once after files have changed and have then been left alone for a moment. */
  readonly onChanged: () => void;
  /** How long they have to be left alone. */
  readonly quietMs?: number;
  /** How often they are looked at where the system says nothing: network file systems, a folder that was replaced. */
  readonly lookEveryMs?: number;
}

const QUIET_MS = 300;
const LOOK_EVERY_MS = 5000;

/**
 * Notices when files change, in whatever way: written in place, replaced by an editor, or swapped behind symbolic links as
 * Kubernetes does with a ConfigMap. What the system tells only makes it look sooner; the files decide.
 */
export class FileWatch implements AsyncDisposable {
  readonly #deps: Required<FileWatchDeps>;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: Timer | undefined;
  #dueMs = Infinity;
  #looking: Promise<void> = Promise.resolve();
  #isDisposed = false;
  /** The files as they were when somebody was last told. */
  #known: string | undefined;
  #seen: string | undefined;

  constructor(deps: FileWatchDeps) {
    this.#deps = { quietMs: QUIET_MS, lookEveryMs: LOOK_EVERY_MS, ...deps };
  }

  /**
   * Begins; resolves when what is there now has been noted, so that any later change is one. With `known`, which is from
   * `signatureOf`, any change since that was made is one too.
   */
  async start(known?: string): Promise<void> {
    const { paths, quietMs, lookEveryMs } = this.#deps;
    this.#seen = await signatureOf(paths);
    this.#known = known ?? this.#seen;
    await this.#listen();
    this.#lookAfter(this.#seen === this.#known ? lookEveryMs : quietMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.cancel();
    await this.#looking;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #lookAfter(delayMs: number): void {
    const { clock } = this.#deps;
    const dueMs = clock.monotonic() + delayMs;
    if (this.#isDisposed || dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.setTimer(delayMs, () => {
      this.#dueMs = Infinity;
      this.#looking = this.#looking.then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    const { paths, quietMs, lookEveryMs, onChanged } = this.#deps;
    const before = this.#seen;
    const now = await signatureOf(paths);
    await this.#listen();
    if (this.#isDisposed) return;
    this.#seen = now;
    // Half a file is worse than a late one: it is told when two looks have seen the same.
    const isQuiet = now === before;
    this.#lookAfter(isQuiet ? lookEveryMs : quietMs);
    if (!isQuiet || now === this.#known) return;
    this.#known = now;
    onChanged();
  }

  /** Listens to the folders in which something can happen; links may lead to other ones than before. */
  async #listen(): Promise<void> {
    const folders = await foldersOf(this.#deps.paths);
    if (this.#isDisposed) return;
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#listenTo(folder);
  }

  #listenTo(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#lookAfter(this.#deps.quietMs));
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // The system has no more of these to give, or the folder is not there: looking now and then does as well.
    }
  }
}

/** What changes whenever one of the files does. */
export async function signatureOf(paths: readonly string[]): Promise<string> {
  const all = await Promise.all(paths.map((path) => signatureOfPath(path, true)));
  return all.join("\n");
}

async function signatureOfPath(path: string, isListed: boolean): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isDirectory())
      return `${path} ${found.dev}/${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    if (!isListed) return "";
    const names = (await readdir(path)).filter((name) => !name.startsWith(".")).toSorted();
    const files = await Promise.all(names.map((name) => signatureOfPath(join(path, name), false)));
    return [path, ...files].join("\n");
  } catch {
    return `${path} missing`;
  }
}

/** The folders of the paths, as they are named and as they are. */
async function foldersOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const named = paths.flatMap((path) => [path, dirname(path)]);
  const real = await Promise.all(named.map((path) => realpath(path).catch(() => path)));
  const found = await Promise.all([...named, ...real, ...real.map((path) => dirname(path))].map(folderAt));
  return new Set(found.filter((folder) => folder !== undefined));
}

async function folderAt(path: string): Promise<string | undefined> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? path : undefined;
}
