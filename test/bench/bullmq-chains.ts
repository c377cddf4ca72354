import { Queue, Worker } from "bullmq";

import type { ChainsRound } from "./concurrent-chains.ts";

// More than this at once is slower, and so is less.
const BEST_CONCURRENCY = 50;

/** Many chains of jobs at once, as one builds them with BullMQ alone: the next job is added when one has completed. */
export class BullmqChains implements AsyncDisposable {
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #left = new Map<string, number>();
  #ended: () => void = () => undefined;

  constructor(port: number) {
    const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
    this.#queue = new Queue("chains", { connection });
    this.#worker = new Worker("chains", () => Promise.resolve({}), { connection, concurrency: BEST_CONCURRENCY });
    this.#worker.on("completed", (job) => this.#completed(job.name));
  }

  /** Runs so many chains of so many jobs at once; resolves with how many jobs there were in a second. */
  async run({ chains, steps }: ChainsRound): Promise<number> {
    const ended = new Promise<void>((resolve) => (this.#ended = resolve));
    const names = Array.from({ length: chains }, (_, index) => `run_${index}`);
    const begunMs = performance.now();
    for (const name of names) {
      this.#left.set(name, steps);
      void this.#add(name, steps);
    }
    await ended;
    return (chains * steps * 1000) / (performance.now() - begunMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
    await this.#queue.close();
  }

  #completed(name: string): void {
    const left = (this.#left.get(name) ?? 0) - 1;
    if (left > 0) {
      this.#left.set(name, left);
      void this.#add(name, left);
      return;
    }
    this.#left.delete(name);
    if (this.#left.size === 0) this.#ended();
  }

  async #add(name: string, step: number): Promise<void> {
    await this.#queue.add(name, { run: name, step }, { removeOnComplete: true });
  }
}
