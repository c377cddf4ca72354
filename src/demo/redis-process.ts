import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

import { freePort } from "../platform/free-port.ts";
import { playFailure } from "./finding.ts";

export interface RedisOptions {
  /** Its working folder. */
  readonly folder: string;
  readonly port: number;
  /** Further arguments, such as a password. */
  readonly more?: readonly string[];
}

/** A Redis of a play's own, on the loopback interface, which keeps nothing. */
export interface RedisProcess extends AsyncDisposable {
  readonly url: string;
}

/** Resolves when it takes connections; throws `demo.play` where no `redis-server` is installed. */
export async function startRedis(folder: string): Promise<RedisProcess> {
  const port = await freePort();
  const server = await spawnRedis({ folder, port });
  const exited = once(server, "exit");
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill();
      await exited;
    },
  };
}

/** The process itself, which keeps nothing, once it takes connections. Throws `demo.play` when it cannot be started. */
export async function spawnRedis({ folder, port, more = [] }: RedisOptions): Promise<ChildProcess> {
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const server = spawn("redis-server", [...settings, ...more], { stdio: ["ignore", "pipe", "ignore"] });
  const missing = once(server, "error").then(() => {
    throw playFailure("There is no redis-server here. Install it, such as with `apt-get install redis-server`.");
  });
  await Promise.race([ready(server.stdout), missing]);
  return server;
}

async function ready(output: Readable): Promise<void> {
  let said = "";
  for await (const chunk of output.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (!said.includes("Ready to accept connections")) continue;
    // Nobody reads on: a pipe that is full would make it stand still.
    output.resume();
    return;
  }
  throw playFailure(`The redis-server did not start: ${said}`);
}
