import { tmpdir } from "node:os";
import type { Readable } from "node:stream";

import { execa } from "execa";

import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { forget } from "../platform/forget-bytes.ts";
import type { Logger } from "../platform/logger.ts";
import { findProgram } from "./find-program.ts";
import { endLeftovers } from "./leftovers.ts";
import { LineSplitter } from "./line-splitter.ts";
import { MARK } from "./marked-processes.ts";
import { OutputTail } from "./output-tail.ts";
import { ProgramOwner } from "./program-mark.ts";
import type { ProgramEnd, ProgramOrder, Programs, StopRule } from "./program-order.ts";
import { ProgramStop } from "./program-stop.ts";

export interface LocalProgramsDeps {
  /** What the processes of this installation have in common on this machine: the data folder, or the folder of a worker. */
  readonly folder: string;
  /** The surrounding environment, of which PATH, LANG and TMPDIR are handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STOP: StopRule = { signal: "SIGTERM", graceMs: 1000 };
const KEPT_BYTES = 1024 * 1024;
// What a program wrote before it ended is in the pipe; whoever else has the pipe open is not waited for.
const DRAIN_MS = 500;

/**
 * Runs programs on this machine: never through a shell, each as the leader of a process group of its own, which is gone when `run`
 * has ended. What leaves its group is found by a mark in its environment (on Linux), as is what an earlier process left behind.
 */
export class LocalPrograms implements Programs, AsyncDisposable {
  readonly #deps: LocalProgramsDeps;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #owner: Promise<ProgramOwner>;
  #ending: Promise<void> | undefined;

  constructor(deps: LocalProgramsDeps) {
    this.#deps = deps;
    this.#owner = ProgramOwner.open(deps.folder);
    // What is left behind is ended also where nothing is run any more; whoever runs something hears of what went wrong.
    this.#endLeftovers().catch(() => undefined);
  }

  async run(order: ProgramOrder): Promise<ProgramEnd> {
    const running = this.#run(order);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Stops what still runs, each as its rule says. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new AppError("The program ends, and what it runs with it.", { code: "program.closing" }));
    await Promise.allSettled([...this.#running, this.#ending]);
  }

  /** By one at a time: who is told twice to end may end without saving anything. */
  async #endLeftovers(): Promise<void> {
    this.#ending ??= this.#owner
      .then(({ place }) => endLeftovers(place, this.#deps))
      .finally(() => (this.#ending = undefined));
    await this.#ending;
  }

  async #run(order: ProgramOrder): Promise<ProgramEnd> {
    const signal = AbortSignal.any([order.signal, this.#closing.signal]);
    signal.throwIfAborted();
    refuseNul(order);
    // What another process left behind, an earlier one or one beside this, may work on the same things.
    await this.#endLeftovers();
    const owner = await this.#owner;
    const program = await findProgram(order.program, order.env?.["PATH"] ?? this.#deps.environment["PATH"]);
    signal.throwIfAborted();
    const rule = order.stop ?? STOP;
    const mark = owner.next(rule);
    const child = execa(program, order.args, this.#options(order, mark));
    const stop = new ProgramStop({ clock: this.#deps.clock, group: child.pid, rule, mark });
    const output = { stdout: capture(order, child.stdout, "stdout"), stderr: capture(order, child.stderr, "stderr") };
    const demand = (): void => stop.demand();
    signal.addEventListener("abort", demand, { once: true });
    try {
      // Not the promise of execa, which waits for whoever has the pipes open.
      await Promise.race([new Promise((resolve) => child.nodeChildProcess.once("exit", resolve)), child]);
      await stop.settle();
      await this.#drained([output.stdout, output.stderr]);
      const result = await child;
      signal.throwIfAborted();
      if (result.exitCode === undefined && result.signal === undefined) throw unusable(order, result.cause);
      return endOf({ exitCode: result.exitCode, endedBy: result.signal, ...output });
    } finally {
      signal.removeEventListener("abort", demand);
    }
  }

  async #drained(outputs: readonly Captured[]): Promise<void> {
    const over = new AbortController();
    const limit = this.#deps.clock.sleep(DRAIN_MS, over.signal).catch(() => undefined);
    await Promise.race([Promise.all(outputs.map(({ ended }) => ended)), limit]);
    over.abort();
    for (const { stream } of outputs) stream.destroy();
  }

  #options(order: ProgramOrder, mark: string) {
    return {
      cwd: order.folder,
      env: { ...environmentOf(order, this.#deps.environment), ...order.env, [MARK]: mark },
      extendEnv: false,
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      ...(order.input === undefined ? { stdin: "ignore" as const } : { input: order.input }),
    } as const;
  }
}

interface Captured {
  readonly stream: Readable;
  readonly tail: OutputTail;
  readonly ended: Promise<void>;
}

function capture(order: ProgramOrder, stream: Readable, from: "stdout" | "stderr"): Captured {
  const tail = new OutputTail(order.keepBytes ?? KEPT_BYTES);
  const lines = new LineSplitter((line) => order.onLine?.(line, from));
  const ended = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      tail.add(chunk);
      lines.add(chunk);
      forget(chunk);
    });
    // How the program ended says what it was.
    stream.on("error", () => resolve());
    stream.on("close", () => {
      lines.end();
      resolve();
    });
  });
  return { stream, tail, ended };
}

function endOf(ended: {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
  readonly stdout: Captured;
  readonly stderr: Captured;
}): ProgramEnd {
  const { exitCode, endedBy, stdout, stderr } = ended;
  const isCut = stdout.tail.isCut || stderr.tail.isCut;
  return { exitCode, endedBy, stdout: stdout.tail.text(), stderr: stderr.tail.text(), isCut };
}

function environmentOf(
  { folder }: ProgramOrder,
  environment: LocalProgramsDeps["environment"],
): Readonly<Record<string, string>> {
  return {
    PATH: environment["PATH"] ?? "",
    HOME: folder,
    LANG: environment["LANG"] ?? "C.UTF-8",
    TMPDIR: environment["TMPDIR"] ?? tmpdir(),
  };
}

function refuseNul({ program, args, env = {} }: ProgramOrder): void {
  if (![...args, ...Object.keys(env), ...Object.values(env)].some((text) => text.includes("\0"))) return;
  const message = `A NUL character cannot be given to the program ${JSON.stringify(program)}.`;
  throw new AppError(message, { code: "program.argument" });
}

function unusable({ program, folder }: ProgramOrder, cause: unknown): AppError {
  const message = `The program ${JSON.stringify(program)} could not be started in ${folder} (${errorText(cause)}).`;
  return new AppError(message, { code: "program.unusable", cause });
}
