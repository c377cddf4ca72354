import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { tryJson } from "../../src/platform/try-json.ts";

/** The program's entry, as npm starts it. */
export const ENTRY = fileURLToPath(new URL("../../src/launch.js", import.meta.url));

/** One line of a program's own log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface ProgramOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Added to what programs need to run at all. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly onLine?: ((line: LogLine, program: Program) => void) | undefined;
}

const MOST_KEPT_LINES = 200;
const alive = new Set<ChildProcess>();

/** To be called once by whoever starts programs: none of them outlives this process, however it ends (but by SIGKILL). */
export function leaveNothingBehind(): void {
  process.on("exit", () => {
    for (const child of alive) child.kill("SIGKILL");
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
}

/** Ends the process with this one. */
export function endWithUs(child: ChildProcess): void {
  alive.add(child);
  child.once("exit", () => alive.delete(child));
}

/** A process of ours that can be killed at any moment, also before it is ready. */
export class Program implements AsyncDisposable {
  /** When it was started, in milliseconds since the epoch. */
  readonly startedAtMs = Date.now();
  /** With how it ended: a signal, or `exit code N`. */
  readonly ended: Promise<string>;
  /** With when it said that it is ready; undefined when it ended before that. */
  readonly ready: Promise<number | undefined>;
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #how: string | undefined;

  constructor({ command, environment, cwd, onLine }: ProgramOptions) {
    const [file = "", ...args] = command;
    const child = spawn(file, args, {
      cwd,
      env: { ...surroundings(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    endWithUs(child);
    const ready = Promise.withResolvers<number | undefined>();
    this.ready = ready.promise;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      // When its last words have been read, too.
      child.once("close", (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
    }).then((how) => {
      this.#how = String(how);
      ready.resolve(undefined);
      return this.#how;
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (text) => {
        this.lines.push(text);
        if (this.lines.length > MOST_KEPT_LINES) this.lines.shift();
        const line = tryLogLine(text);
        if (line?.["message"] === "ready") ready.resolve(Date.now());
        if (line !== undefined) onLine?.(line, this);
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended; undefined while it lives. */
  get how(): string | undefined {
    return this.#how;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and resolves with how the process ended. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<string> {
    this.#child.kill(signal);
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Where programs are found, and nothing of the person's own tokens. */
function surroundings(): Readonly<Record<string, string>> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }) };
}

function tryLogLine(text: string): LogLine | undefined {
  const line = tryJson(text);
  return typeof line === "object" && line !== null ? Object.fromEntries(Object.entries(line)) : undefined;
}
