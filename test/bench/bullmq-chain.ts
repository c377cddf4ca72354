import { Queue, Worker } from "bullmq";

/** A chain of jobs as one builds it with BullMQ alone: the next job is added when one has completed. Nothing is durable. */
export class BullmqChain implements AsyncDisposable {
  readonly #queue: Queue;
  readonly #worker: Worker;
  #left = 0;
  #moments: number[] = [];
  #ended: () => void = () => undefined;

  constructor(port: number) {
    const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
    this.#queue = new Queue("bench", { connection });
    this.#worker = new Worker(
      "bench",
      () => {
        this.#moments.push(performance.now());
        return Promise.resolve({});
      },
      { connection },
    );
    this.#worker.on("completed", () => {
      this.#left -= 1;
      if (this.#left === 0) this.#ended();
      else void this.#add();
    });
  }

  /** Runs one chain of so many jobs; resolves with the moments at which they began to be executed. */
  async run(steps: number): Promise<readonly number[]> {
    this.#moments = [];
    this.#left = steps;
    const ended = new Promise<void>((resolve) => (this.#ended = resolve));
    await this.#add();
    await ended;
    return this.#moments;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
    await this.#queue.close();
  }

  async #add(): Promise<void> {
    await this.#queue.add("step", { run: "run_1", step: this.#left }, { removeOnComplete: true });
  }
}
