import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Redis } from "ioredis";

import { spawnRedis } from "../../src/demo/redis-process.ts";
import { freePort } from "../../src/platform/free-port.ts";

/** Whether this machine has a Redis to try with. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

if (!hasRedis) console.warn("NO redis-server IS INSTALLED: nothing is tried with Redis. Install it, as .ci/run does.");

/** A Redis of one's own, on the loopback interface, which keeps nothing. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, more: readonly string[]) {
    this.#folder = folder;
    this.port = port;
    this.#arguments = more;
  }

  /** Starts one with a folder of its own; `more` are further arguments, such as a password. */
  static async start(...more: readonly string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-redis-"));
    const server = new RedisServer(folder, await freePort(), more);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, at the same port, with nothing in it. */
  async start(): Promise<void> {
    this.#process = await spawnRedis({ folder: this.#folder, port: this.port, more: this.#arguments });
  }

  /** Sends a signal; SIGSTOP lets it stand still and SIGCONT go on. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it as a machine that loses its power does. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    const ended = once(process, "exit");
    process.kill("SIGKILL");
    await ended;
    this.#process = undefined;
  }

  /** One command, as an administrator would type it. */
  async command(name: string, ...more: readonly string[]): Promise<unknown> {
    const redis = this.client();
    try {
      return await redis.call(name, ...more);
    } finally {
      redis.disconnect();
    }
  }

  /** A connection to it, which the caller disconnects. */
  client(): Redis {
    const asked = this.#arguments.indexOf("--requirepass");
    const password = asked === -1 ? undefined : this.#arguments[asked + 1];
    const client = new Redis(this.port, "127.0.0.1", password === undefined ? {} : { password });
    // A test that ends the server knows that it is gone.
    client.on("error", () => undefined);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
