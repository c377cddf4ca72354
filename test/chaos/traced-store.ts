import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { endWithUs } from "./program.ts";

const CHILD = fileURLToPath(new URL("../support/store-child.ts", import.meta.url));

/** Whether the calls of a program can be watched on this machine. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}

export interface Traced {
  /** Turns that were acknowledged. */
  readonly acknowledged: number;
  /** How many of them before the system was told to keep what had been written to the write-ahead log. */
  readonly early: number;
  readonly syncs: number;
}

/** Watches by its system calls whether the store ever says that something is recorded before the disk was told to keep it. */
export async function traceStore(turns: number): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-chaos-trace-"));
  const trace = join(folder, "trace");
  try {
    const calls = "trace=openat,pwrite64,fsync,fdatasync,write";
    const command = ["-f", "-o", trace, "-e", calls, process.execPath, CHILD, join(folder, "data"), "3"];
    const child = spawn("strace", command, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    endWithUs(child);
    const ended = once(child, "exit");
    let said = 0;
    createInterface({ input: child.stdout }).on("line", () => {
      said += 1;
      // The program with the one that watches it.
      if (said === turns + 1) process.kill(-(child.pid ?? 0), "SIGKILL");
    });
    await ended;
    return readTrace(readFileSync(trace, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTrace(text: string): Traced {
  const lines = text.split("\n");
  const wal =
    lines.map((line) => /openat\(.*-wal", .*\) = (?<fd>\d+)$/u.exec(line)?.groups?.["fd"]).find(Boolean) ?? "";
  let [isDirty, acknowledged, early, syncs] = [false, 0, 0, 0];
  for (const line of lines) {
    switch (callIn(line, wal)) {
      case "written":
        isDirty = true;
        break;
      case "kept":
        isDirty = false;
        syncs += 1;
        break;
      case "acknowledged":
        acknowledged += 1;
        if (isDirty) early += 1;
        break;
      case "other":
    }
  }
  return { acknowledged, early, syncs };
}

/** What a line of the trace is about: `1234 fsync(24) = 0`. */
function callIn(line: string, wal: string): "written" | "kept" | "acknowledged" | "other" {
  const { call = "", fd = "" } = /^\d+ +(?<call>\w+)\((?<fd>\d+)/u.exec(line)?.groups ?? {};
  if (call === "write" && fd === "1" && line.includes('"run_')) return "acknowledged";
  if (fd !== wal) return "other";
  if (call === "pwrite64") return "written";
  return call === "fsync" || call === "fdatasync" ? "kept" : "other";
}
