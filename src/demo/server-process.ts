import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { z } from "zod";

import { AppError } from "../platform/errors.ts";
import { tryJson } from "../platform/try-json.ts";

const LogLine = z.looseObject({ level: z.string(), message: z.string() });
type LogLine = z.infer<typeof LogLine>;

export interface ServerProcessOptions {
  /** The program's entry, as `npm start` runs it. */
  readonly entry: string;
  /** What it is; the server when absent. */
  readonly role?: "serve" | "worker";
  /** Where it is started; here when absent. */
  readonly cwd?: string;
  /** Added to what a program needs of its surroundings to run at all. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes each line of the server's own log. */
  readonly onLog?: (line: LogLine) => void;
}

// Where programs are found, and what Node itself reads; nothing of the person's own tokens.
const PASSED_ON = ["PATH", "HOME", "LANG", "TMPDIR", "NODE_COMPILE_CACHE"];
const MOST_KEPT_LINES = 50;

/**
 * With these Node runs a server. V8 lets the part of its memory in which everything begins grow to 48 MiB with the number of requests,
 * whoever sends them, and keeps it; with a quarter of that, strangers cannot make the server take much, and it clears up more often.
 */
export const SERVER_FLAGS = ["--max-semi-space-size=4"];

/** The real application in a process of its own, started as anybody would start it, so that it can be killed. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exit: Promise<string>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #awaited: { readonly message: string; readonly resolve: () => void }[] = [];

  private constructor(child: ChildProcess, onLog: (line: LogLine) => void) {
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#hear(line, onLog));
    }
    void this.#exit.then((how) => this.#ready.reject(this.#ended(how)));
    // Whoever waits for it hears of it; nobody has to.
    this.#ready.promise.catch(() => undefined);
  }

  /** Starts the server and resolves when it is ready; rejects with the end of its output when it ends before that. */
  static async start(
    options: ServerProcessOptions,
    surroundings: Readonly<Record<string, string | undefined>>,
  ): Promise<ServerProcess> {
    const passedOn = PASSED_ON.flatMap((name) =>
      surroundings[name] === undefined ? [] : [[name, surroundings[name]]],
    );
    const role = options.role ?? "serve";
    const child = spawn(process.execPath, [...(role === "serve" ? SERVER_FLAGS : []), options.entry, role], {
      cwd: options.cwd,
      env: { ...Object.fromEntries(passedOn), ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const server = new ServerProcess(child, options.onLog ?? (() => undefined));
    await server.#ready.promise;
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process has ended, with how. */
  get exited(): Promise<string> {
    return this.#exit;
  }

  /** Resolves when its log says this the next time. */
  async logs(message: string): Promise<void> {
    const said = Promise.withResolvers<void>();
    this.#awaited.push({ message, resolve: said.resolve });
    await Promise.race([said.promise, this.#exit.then((how) => Promise.reject(this.#ended(how)))]);
  }

  /** Sends the signal and resolves when the process is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    this.#child.kill(signal);
    return await this.#exit;
  }

  #hear(line: string, onLog: (line: LogLine) => void): void {
    this.#lines.push(line);
    if (this.#lines.length > MOST_KEPT_LINES) this.#lines.shift();
    const parsed = tryLogLine(line);
    if (parsed === undefined) return;
    if (parsed.message === "ready") this.#ready.resolve();
    for (const { message, resolve } of this.#awaited) if (message === parsed.message) resolve();
    onLog(parsed);
  }

  #ended(how: string): AppError {
    return new AppError(`The server ended (${how}) before it was ready:\n${this.#lines.join("\n")}`, {
      code: "demo.server",
    });
  }
}

function tryLogLine(line: string): LogLine | undefined {
  return LogLine.safeParse(tryJson(line)).data;
}
