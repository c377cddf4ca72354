import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import Database from "better-sqlite3";
import { z } from "zod";

import { isoTime } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { makePrivate } from "./database.ts";
import { storeError } from "./store-error.ts";

/** Who has a data folder, for the message to whoever comes second. */
const Holder = z.object({ pid: z.number(), host: z.string(), since: z.number(), address: z.string() });
type Holder = z.infer<typeof Holder>;

export interface LockedFolder {
  readonly folder: string;
  /** Where the server can be reached, such as `127.0.0.1:8080`. */
  readonly address: string;
  readonly nowMs: number;
}

/**
 * Makes this process the only server on a data folder until it is disposed, or dies in whatever way.
 * Creates the folder, for its owner only. Throws `store.in-use`, which names the first server, `store.read-only`, `store.full`.
 */
export function lockDataFolder({ folder, address, nowMs }: LockedFolder): Disposable {
  const file = join(folder, "server.lock");
  const sidecar = join(folder, "server.json");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    makePrivate(file);
    const lock = new Database(file, { timeout: 0 });
    try {
      holdExclusively(lock, () => inUse(folder, tryHolder(sidecar)));
      writeHolder(sidecar, { pid: process.pid, host: hostname(), since: nowMs, address });
    } catch (error) {
      lock.close();
      throw error;
    }
    return {
      [Symbol.dispose]() {
        rmSync(sidecar, { force: true });
        lock.close();
      },
    };
  } catch (error) {
    throw storeError(error, folder);
  }
}

/** The server that has a data folder, in words; undefined when none is running there, as far as this machine can tell. */
export function serverOn(folder: string): string | undefined {
  const holder = tryHolder(join(folder, "server.json"));
  if (holder === undefined || (holder.host === hostname() && !isRunning(holder.pid))) return undefined;
  return `process ${holder.pid} on ${holder.host}, at ${holder.address}, since ${isoTime(holder.since)}`;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// A transaction that never ends: the operating system drops its file lock with the process, SIGKILL included.
function holdExclusively(lock: Database.Database, refusal: () => AppError): void {
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    throw storeError(error, lock.name).code === "store.busy" ? refusal() : error;
  }
}

function writeHolder(sidecar: string, holder: Holder): void {
  writeFileSync(`${sidecar}.new`, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(`${sidecar}.new`, sidecar);
}

function inUse(folder: string, holder: Holder | undefined): AppError {
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, at ${holder.address}, since ${isoTime(holder.since)}`
    : "another process";
  return new AppError(
    `the data folder ${folder} is in use by ${who}: end it first, or name another data folder with QUARTERDECK_DATA`,
    {
      code: "store.in-use",
      details: { folder, ...holder },
    },
  );
}

function tryHolder(sidecar: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(sidecar, "utf8")));
  } catch {
    // The first server may be between taking the lock and writing its name.
    return undefined;
  }
}
