import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { WantedFolder, WorkFolders } from "./work-folders.ts";

interface Deps {
  /** Below which all of them are. */
  readonly root: string;
}

/** Work folders on the disk of this machine. */
export class LocalFolders implements WorkFolders {
  readonly #deps: Deps;
  /** By path: resolves when whoever uses the folder, or waits for it, has ended. */
  readonly #inUse = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async use<Value>({ name, signal }: WantedFolder, work: (folder: string) => Promise<Value>): Promise<Value> {
    const folder = join(resolve(this.#deps.root), folderName(name));
    const turn = Promise.withResolvers<void>();
    const before = this.#inUse.get(folder) ?? Promise.resolve();
    const mine = before.then(() => turn.promise);
    this.#inUse.set(folder, mine);
    void mine.then(() => this.#inUse.get(folder) === mine && this.#inUse.delete(folder));
    try {
      await untilAborted(before, signal);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return await work(folder);
    } finally {
      turn.resolve();
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
