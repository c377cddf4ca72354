import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { Json } from "../../src/platform/canonical-json.ts";

interface Question {
  readonly id: number;
  readonly method: string;
  readonly argument: Json;
}

interface Reply {
  readonly id: number;
  readonly result?: Json;
  readonly error?: string;
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

/** What a process of the benchmark answers; methods without a result answer `null`. */
export type Methods = Readonly<Record<string, (argument: Json) => Json | void | Promise<Json | void>>>;

/** Another process of the benchmark, so that what is measured shares no event loop and no garbage collector with the rest. */
export class BenchProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on("message", (message: Reply) => this.#take(message));
    child.on("exit", (code) => {
      const error = new Error(`a process of the benchmark ended with ${code}`);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
    });
  }

  /** Starts a script, named by its address, with flags for Node; resolves once it answers. */
  static async start(script: string, flags: readonly string[] = []): Promise<BenchProcess> {
    const child = new BenchProcess(fork(fileURLToPath(script), { execArgv: [...process.execArgv, ...flags] }));
    await child.call("ready");
    return child;
  }

  call(method: string, argument: Json = null): Promise<Json> {
    this.#lastId += 1;
    const question: Question = { id: this.#lastId, method, argument };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject });
      this.#process.send(question);
    });
  }

  /** Ends it as a machine that loses its power does. */
  async kill(): Promise<void> {
    this.#waiting.clear();
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.clear();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    await ended;
  }

  #take({ id, result = null, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }
}

/** The other side: answers what the benchmark asks until it goes away. */
export function answerCalls(methods: Methods): void {
  const all: Methods = { ready: () => null, ...methods };
  const answer = async ({ id, method, argument }: Question): Promise<void> => {
    try {
      reply({ id, result: (await all[method]?.(argument)) ?? null });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on("message", (question: Question) => void answer(question));
  process.on("disconnect", () => process.exit());
}

function reply(message: Reply): void {
  process.send?.(message);
}

/** The processor time that this process has used, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
