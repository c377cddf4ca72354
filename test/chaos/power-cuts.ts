import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { ChainHead } from "../../src/audit/hash-chain.ts";
import { verifyLog } from "../../src/audit/verify-log.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { openLog, openStore, type Store } from "../../src/store/store.ts";
import { STORE_DEPS } from "../support/store-folder.ts";
import { LOG_FILES, type LogFile } from "./store-under-load.ts";

export type LogFiles = Readonly<Record<LogFile, Buffer>>;

/** Who is the first to notice that something is wrong with a log that a power cut, or a hand, left behind. */
export type Noticed =
  /** Nothing is: everything that was acknowledged is there. */
  | "nothing lost"
  /** A server refuses to start on it. */
  | "start"
  /** `audit verify` says that it is broken. */
  | "verify"
  /** Only `audit verify --head`, with a head that was noted elsewhere. */
  | "head only"
  /** The log holds, and what is derived from it does not fit. */
  | "derived only"
  /** Nobody. */
  | "nobody";

/** Opens a log with the real store, as the next start of a server does, and finds out what is left of it. */
export async function reopen(files: LogFiles, head: ChainHead): Promise<Noticed> {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-chaos-cut-"));
  try {
    for (const name of LOG_FILES) if (files[name].length > 0) writeFileSync(join(folder, name), files[name]);
    return await lookAt(folder, head);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lookAt(folder: string, head: ChainHead): Promise<Noticed> {
  let fits: boolean;
  try {
    await using store = await openStore({ ...STORE_DEPS, dataFolder: folder, address: "127.0.0.1:8080" });
    fits = doDerivedFit(store);
  } catch {
    return "start";
  }
  try {
    using opened = openLog(folder);
    const { log } = opened;
    if (verifyLog({ rows: log.rows(), people: log.people() }).status === "broken") return "verify";
    if (verifyLog({ rows: log.rows(), anchors: [head] }).status === "broken") return "head only";
    if (!fits) return "derived only";
    return log.row(head.sequence).hash === head.hash ? "nothing lost" : "nobody";
  } catch {
    // It says that the database is damaged, which is no verdict on the chain and as good as one.
    return "verify";
  }
}

/** Whether what is kept of each run beside the log is what its events say. */
function doDerivedFit({ events }: Store): boolean {
  try {
    return events
      .listRuns({ limit: 10_000 })
      .every((row) => isDeepStrictEqual(plain(row), plain(projectRun(row.id, events.readRun(row.id))?.row)));
  } catch {
    return false;
  }
}

/** Without members that are there and undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
