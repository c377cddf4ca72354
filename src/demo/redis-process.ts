import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { freePort } from "../platform/free-port.ts";
import { playFailure } from "./finding.ts";

/** A Redis of a play's own, on the loopback interface, which keeps nothing. */
export interface RedisProcess extends AsyncDisposable {
  readonly url: string;
}

/** Resolves when it takes connections; throws `demo.play` where no `redis-server` is installed. */
export async function startRedis(folder: string): Promise<RedisProcess> {
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const server = spawn("redis-server", settings, { stdio: ["ignore", "pipe", "ignore"] });
  const failed = once(server, "error").then(() => false);
  const exited = once(server, "exit");
  if (!(await Promise.race([isReady(server.stdout), failed]))) {
    throw playFailure("There is no redis-server here. Install it, such as with `apt-get install redis-server`.");
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill();
      await exited;
    },
  };
}

async function isReady(output: NodeJS.ReadableStream): Promise<boolean> {
  const lines = createInterface({ input: output });
  for await (const line of lines) if (line.includes("Ready to accept connections")) return true;
  return false;
}
