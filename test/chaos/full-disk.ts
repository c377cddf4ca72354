import { once } from "node:events";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { systemClock } from "../../src/platform/clock.ts";
import { fillUp } from "../support/small-disk.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { amid } from "./kills.ts";
import { endWithUs } from "./program.ts";

export interface FullDisk {
  readonly tries: number;
  /** Servers that were started while there was no room and did not say so. */
  readonly wrong: readonly string[];
}

const SIZE = "48m";
const LONGEST_FULL_MS = 3000;
const LONGEST_ROOM_MS = 4000;
const ENDS_WITHIN_MS = 90_000;

/** A data folder on a small disk of its own that is full again and again; now and then the server is killed while it is. */
export async function fullDisk(
  options: ArenaOptions,
  tries: number,
): Promise<Conclusion & { readonly disk: FullDisk }> {
  await using disk = await SmallDisk.open();
  await using arena = await Arena.open({
    ...options,
    environment: { QUARTERDECK_DATA: disk.path },
    dataFolder: () => disk.copyOut(),
    wrap: (command) => disk.inside(command),
  });
  const wrong: string[] = [];
  let killed = 0;
  await amid(arena, async () => {
    for (let number = 0; number < tries; number += 1) {
      await systemClock.sleep(arena.fractions() * LONGEST_ROOM_MS);
      disk.fill();
      await systemClock.sleep(arena.fractions() * LONGEST_FULL_MS);
      if (number % 3 === 2) {
        wrong.push(...(await restartWhileFull(arena, disk)));
        killed += 1;
      } else disk.free();
    }
  });
  return { ...(await arena.conclude()), killed: { server: killed }, arena: arena.report(), disk: { tries, wrong } };
}

/** A server that cannot write has to say so and end, or wait for room; with room the next one goes on. */
async function restartWhileFull(arena: Arena, disk: SmallDisk): Promise<readonly string[]> {
  await arena.killServer();
  const server = arena.startServer();
  const what = await Promise.race([
    server.ready.then((at) => (at === undefined ? "ended" : "ready")),
    systemClock.sleep(ENDS_WITHIN_MS).then(() => "neither ready nor ended"),
  ]);
  const said = server.lines.slice(-2).join(" | ");
  disk.free();
  if (what === "ready") return [];
  await server.kill();
  arena.startServer();
  return what === "ended" && /the disk is full/u.test(said) ? [] : [`started without room: ${what}: ${said}`];
}

/** A disk in a namespace of its own, which lives as long as a process that does nothing else. */
class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #holder: ChildProcess;
  readonly #copy: string;

  private constructor(path: string, holder: ChildProcess) {
    this.path = path;
    this.#holder = holder;
    this.#copy = `${path}-copy`;
  }

  static async open(): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), "quarterdeck-chaos-disk-"));
    const script = `mount -t tmpfs -o size=${SIZE},mode=700 tmpfs "$1" && echo mounted && exec cat`;
    const holder = spawn("unshare", ["--mount", "sh", "-c", script, "sh", path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    endWithUs(holder);
    await once(holder.stdout, "data");
    return new SmallDisk(path, holder);
  }

  /** The same folder as the others see it. */
  get fromOutside(): string {
    return join(`/proc/${this.#holder.pid}/root`, this.path);
  }

  /** A copy of the log, outside; SQLite would not follow the way to the folder itself. */
  copyOut(): string {
    rmSync(this.#copy, { recursive: true, force: true });
    mkdirSync(this.#copy);
    for (const name of ["quarterdeck.db", "quarterdeck.db-wal"]) {
      const file = join(this.fromOutside, name);
      if (existsSync(file)) copyFileSync(file, join(this.#copy, name));
    }
    return this.#copy;
  }

  inside(command: readonly string[]): readonly string[] {
    return ["nsenter", `--mount=/proc/${this.#holder.pid}/ns/mnt`, `--wd=${process.cwd()}`, "--", ...command];
  }

  /** Leaves no room for a single page. */
  fill(): void {
    fillUp(join(this.fromOutside, "filler"));
  }

  free(): void {
    rmSync(join(this.fromOutside, "filler"), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await ended;
    await Promise.all([this.path, this.#copy].map((path) => rm(path, { recursive: true, force: true })));
  }
}
