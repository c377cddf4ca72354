import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Redis } from "ioredis";

import { spawnRedis } from "../../src/demo/redis-process.ts";
import { freePort } from "../../src/platform/free-port.ts";
import { endWithUs } from "./program.ts";

/** A Redis without persistence, which is killed, stopped and emptied. */
export class ChaosRedis implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<ChaosRedis> {
    const redis = new ChaosRedis(await mkdtemp(join(tmpdir(), "quarterdeck-chaos-redis-")), await freePort());
    await redis.start();
    return redis;
  }

  /** Resolves when it takes connections, with nothing in it. */
  async start(): Promise<void> {
    this.#process = await spawnRedis({ folder: this.#folder, port: this.#port });
    endWithUs(this.#process);
  }

  /** SIGSTOP lets it stand still, as a network that is cut does; SIGCONT ends that. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    const ended = once(process, "exit");
    process.kill("SIGKILL");
    await ended;
  }

  async flush(): Promise<void> {
    const client = this.client();
    try {
      await client.flushall();
    } finally {
      client.disconnect();
    }
  }

  /** A connection to it, which the caller disconnects. */
  client(): Redis {
    const client = new Redis(this.#port, "127.0.0.1", { maxRetriesPerRequest: null });
    // Whoever ends the server knows that it is gone.
    client.on("error", () => undefined);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
