import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

import { listen } from "../../src/platform/listen.ts";

/** A Redis of the benchmark's own, on the loopback interface, which keeps nothing. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Undefined when no `redis-server` is installed. */
  static async tryStart(folder: string): Promise<RedisServer | undefined> {
    const port = await freePort();
    const persistence = ["--save", "", "--appendonly", "no", "--dir", folder];
    const server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...persistence], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const failed = once(server, "error").then(() => false);
    const ready = (async (): Promise<boolean> => {
      let text = "";
      for await (const chunk of server.stdout.setEncoding("utf8")) {
        text += String(chunk);
        if (text.includes("Ready to accept connections")) return true;
      }
      return false;
    })();
    if (await Promise.race([ready, failed])) return new RedisServer(server, port);
    server.kill();
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}
