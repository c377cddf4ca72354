import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const LONGEST_END_MS = 10_000;

export interface ServerProgram {
  /** Flags for Node, the script, and what follows it on the command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A server as people start it: a process of its own that says when it is ready. */
export class ServerProcess implements AsyncDisposable {
  /** From the start of the process to the line that says so. */
  readonly readyMs: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, readyMs: number) {
    this.#process = child;
    this.readyMs = readyMs;
  }

  static async start({ args, environment }: ServerProgram): Promise<ServerProcess> {
    const begunMs = performance.now();
    const child = spawn(process.execPath, args, { env: { ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => void said.push(text));
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(`${line}\n`);
      if (!/"message":"ready"|^ready$/u.test(line)) continue;
      const readyMs = performance.now() - begunMs;
      // Nobody reads on, and a full pipe would stop it.
      child.stdout.resume();
      return new ServerProcess(child, readyMs);
    }
    throw new Error(`a server was not ready before it ended: ${said.join("")}`);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** What it has of the machine's memory now, in MiB. */
  memoryMib(): number {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(this.pid)], { encoding: "utf8" })) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const impatience = setTimeout(() => this.#process.kill("SIGKILL"), LONGEST_END_MS);
    await ended;
    clearTimeout(impatience);
  }
}
