import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { ChainHead } from "../../src/audit/hash-chain.ts";
import { endWithUs } from "./program.ts";
import { readWal, type WalContent } from "./wal-file.ts";

const CHILD = fileURLToPath(new URL("power-child.ts", import.meta.url));
export const LOG_FILES = ["quarterdeck.db", "quarterdeck.db-wal", "quarterdeck.db-shm"] as const;
export type LogFile = (typeof LOG_FILES)[number];

/** The files of a log at a moment at which everything in it had been acknowledged and nothing was under way. */
export interface Snapshot {
  readonly files: Readonly<Record<LogFile, Buffer>>;
  readonly wal: WalContent;
  /** The newest event that had been acknowledged. */
  readonly head: ChainHead;
}

/** The real store in a process of its own, which records as much as it is told, and whose files are copied in between. */
export class StoreUnderLoad implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #head: ChainHead = { sequence: 0, hash: "" };

  private constructor(folder: string, child: ChildProcess, lines: Interface) {
    this.#folder = folder;
    this.#child = child;
    this.#lines = lines;
  }

  static async start(): Promise<StoreUnderLoad> {
    const folder = mkdtempSync(join(tmpdir(), "quarterdeck-chaos-power-"));
    const child = spawn(process.execPath, [CHILD, folder], { stdio: ["pipe", "pipe", "inherit"] });
    endWithUs(child);
    const lines = createInterface({ input: child.stdout });
    const store = new StoreUnderLoad(folder, child, lines);
    await once(lines, "line");
    return store;
  }

  /** Resolves when so many turns have been acknowledged. */
  async record(turns: number): Promise<void> {
    const said = once(this.#lines, "line");
    this.#child.stdin?.write(`${turns}\n`);
    const [line]: unknown[] = await said;
    this.#head = JSON.parse(String(line));
  }

  /** Copied while the process stands still. */
  snapshot(): Snapshot {
    this.#child.kill("SIGSTOP");
    try {
      return this.#copy();
    } finally {
      this.#child.kill("SIGCONT");
    }
  }

  #copy(): Snapshot {
    const read = (name: LogFile): Buffer => {
      const file = join(this.#folder, name);
      return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    };
    const files = {
      "quarterdeck.db": read("quarterdeck.db"),
      "quarterdeck.db-wal": read("quarterdeck.db-wal"),
      "quarterdeck.db-shm": read("quarterdeck.db-shm"),
    };
    return { files, wal: readWal(files["quarterdeck.db-wal"]), head: this.#head };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What was photographed of a store under load. */
export interface Album {
  /** In order; between two of them some turns were recorded. */
  readonly snapshots: readonly Snapshot[];
  /** Pairs between which nothing but a checkpoint happened: the write-ahead log was copied into the database. */
  readonly checkpoints: readonly { readonly before: Snapshot; readonly after: Snapshot }[];
}

const TURNS = 40;
// The store begins a checkpoint 50 ms after the commit that made it due.
const CHECKPOINT_WITHIN_MS = 100;
const ENOUGH_CHECKPOINTS = 2;
const MOST_ROUNDS = 6;

/** At least so many snapshots, and as many more as it takes until some checkpoints are among them. */
export async function photograph(count: number): Promise<Album> {
  await using store = await StoreUnderLoad.start();
  const [snapshots, checkpoints]: [Snapshot[], { before: Snapshot; after: Snapshot }[]] = [[], []];
  const isEnough = (): boolean => snapshots.length >= count && checkpoints.length >= ENOUGH_CHECKPOINTS;
  while (!isEnough() && snapshots.length < MOST_ROUNDS * count) {
    await store.record(TURNS + (snapshots.length % 17));
    const before = store.snapshot();
    await new Promise((resolve) => void setTimeout(resolve, CHECKPOINT_WITHIN_MS));
    const after = store.snapshot();
    snapshots.push(after);
    if (!before.files["quarterdeck.db"].equals(after.files["quarterdeck.db"])) checkpoints.push({ before, after });
  }
  return { snapshots, checkpoints };
}
