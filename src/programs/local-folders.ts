import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";

import { type Clock, systemClock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { lockFolder } from "./folder-lock.ts";
import type { WantedFolder, WorkFolders } from "./work-folders.ts";

interface Deps {
  /** Below which all of them are. */
  readonly root: string;
  /** The machine's own where it is absent. */
  readonly clock?: Clock | undefined;
}

const DAY_MS = 86_400_000;
const KEPT_MS = 7 * DAY_MS;
const LOCK = ".lock";

/** Work folders on the disk of this machine, which several processes may have in common. */
export class LocalFolders implements WorkFolders {
  readonly #clock: Clock;
  readonly #root: string;
  /** By path: resolves when whoever uses the folder, or waits for it, has ended. */
  readonly #inUse = new Map<string, Promise<void>>();

  constructor({ root, clock = systemClock }: Deps) {
    this.#clock = clock;
    this.#root = resolve(root);
  }

  async use<Value>({ name, signal }: WantedFolder, work: (folder: string) => Promise<Value>): Promise<Value> {
    const folder = join(this.#root, folderName(name));
    const turn = Promise.withResolvers<void>();
    const before = this.#inUse.get(folder) ?? Promise.resolve();
    const mine = before.then(() => turn.promise);
    this.#inUse.set(folder, mine);
    void mine.then(() => this.#inUse.get(folder) === mine && this.#inUse.delete(folder));
    try {
      await untilAborted(before, signal);
      await using held = new AsyncDisposableStack();
      held.use(await this.#take(folder, signal));
      return await work(folder);
    } finally {
      turn.resolve();
    }
  }

  /** Removes the folders that nobody has used for a week. */
  async clean(): Promise<void> {
    const names = await readdir(this.#root).catch(() => []);
    for (const name of names.filter((each) => !each.includes(LOCK))) {
      const folder = join(this.#root, name);
      const found = await stat(folder).catch(() => undefined);
      if (found === undefined || this.#clock.now() - found.mtimeMs < KEPT_MS) continue;
      // Whoever asks for it meanwhile waits for the lock, and makes it anew.
      await using held = new AsyncDisposableStack();
      held.use(await lockFolder(`${folder}${LOCK}`, { clock: this.#clock, signal: new AbortController().signal }));
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #take(folder: string, signal: AbortSignal): Promise<AsyncDisposable> {
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 });
      const lock = await lockFolder(`${folder}${LOCK}`, { clock: this.#clock, signal });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const now = this.#clock.now() / 1000;
      await utimes(folder, now, now);
      return lock;
    } catch (error) {
      signal.throwIfAborted();
      const message = `The folder ${folder} cannot be used (${errorText(error)}). Look at the disk, and at who owns ${this.#root}.`;
      throw new AppError(message, { code: "folder.unusable", retry: "backoff", cause: error });
    }
  }
}

const READABLE_LENGTH = 40;

/** Readable, of characters that every tool takes, and different for different names. */
function folderName(name: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9]+/gu, "-").slice(0, READABLE_LENGTH);
  return `${readable}-${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}

async function untilAborted(before: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const abort = (): void => stop.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([before, stop.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
