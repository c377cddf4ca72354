import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { ProcessRig } from "./process-rig.ts";

/** Whether this process may give another one file systems of its own. */
export function canMount(): boolean {
  return spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
}

/** The arguments of `unshare` with which a program gets a data folder on a disk of its own. */
export function onDisk(options: string, command: readonly string[]): readonly string[] {
  const mount = `mount -t tmpfs -o ${options} tmpfs "$QUARTERDECK_DATA" && exec "$@"`;
  return ["--mount", "sh", "-c", mount, "sh", ...command];
}

/** A server whose data folder is a small disk of its own, which can be filled from outside. */
export class ServerOnSmallDisk implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #dataFolder: string;

  private constructor(child: ChildProcess, dataFolder: string) {
    this.#child = child;
    this.#dataFolder = dataFolder;
  }

  static async start(rig: ProcessRig): Promise<ServerOnSmallDisk> {
    const { command, environment } = rig.server();
    const child = spawn("unshare", onDisk("size=48m,mode=700", command), {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const server = new ServerOnSmallDisk(child, rig.world.dataFolder);
    const ready = Promise.withResolvers<void>();
    child.once("exit", (code) => ready.reject(new Error(`the server ended (${code}): ${server.lines.join("\n")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      server.lines.push(line);
      if (line.includes('"ready"')) ready.resolve();
    });
    await ready.promise;
    return server;
  }

  /** The data folder as the server sees it, from outside. */
  get dataFolder(): string {
    return join(`/proc/${this.#child.pid}/root`, this.#dataFolder);
  }

  /** Leaves no room for a single page. */
  fill(): void {
    fillUp(this.#filler);
  }

  free(): void {
    rmSync(this.#filler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  get #filler(): string {
    return join(this.dataFolder, "filler");
  }
}

/** Writes to a new file until its disk has no room for a single page. */
export function fillUp(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const bytes of [65_536, 4096]) while (writes(file, bytes)) continue;
  } finally {
    closeSync(file);
  }
}

function writes(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes, 1)) === bytes;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}
