import { Queue } from "bullmq";

import { AppError } from "../platform/errors.ts";
import type { JobQueue, Ticket } from "./job-queue.ts";
import { redisTrouble, type RedisLink } from "./redis-link.ts";
import type { Places } from "./wire.ts";

// What has been done is of no interest to anybody here: the log has it.
const KEPT = { removeOnComplete: true, removeOnFail: true } as const;
const MOST_EVENTS = 100;

/** A queue in Redis from which workers take jobs. */
export class RedisJobQueue implements JobQueue {
  readonly #link: RedisLink;
  readonly #places: Places;
  #queue: Queue | undefined;
  #isSwept = false;
  #trouble: string | undefined;

  constructor(link: RedisLink, places: Places) {
    this.#link = link;
    this.#places = places;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  async add(tickets: readonly Ticket[]): Promise<void> {
    try {
      const queue = await this.#open();
      const jobs = tickets.map(({ id, envelope }) => ({
        name: "step",
        data: { envelope },
        opts: { jobId: id, ...KEPT },
      }));
      const [first] = jobs;
      if (jobs.length === 1 && first !== undefined) await queue.add(first.name, first.data, first.opts);
      else await queue.addBulk(jobs);
      this.#trouble = undefined;
    } catch (cause) {
      this.#trouble = redisTrouble(cause);
      throw new AppError(`A job could not be put into Redis: ${this.#trouble}.`, {
        code: "redis.unavailable",
        retry: "backoff",
        cause,
      });
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    const queue = this.#queue;
    if (queue === undefined) return;
    await Promise.all(ids.map((id) => queue.remove(id).catch(() => undefined)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue?.close().catch(() => undefined);
  }

  async #open(): Promise<Queue> {
    if (this.#link.commands.status !== "ready") throw new Error(this.#link.trouble ?? "it is not connected yet");
    if (this.#queue === undefined) {
      const queue = new Queue(this.#places.queue, {
        connection: this.#link.commands,
        prefix: this.#places.prefix,
        skipVersionCheck: true,
        streams: { events: { maxLen: MOST_EVENTS } },
      });
      // Everything that goes wrong is seen where something is added.
      queue.on("error", () => undefined);
      try {
        await queue.waitUntilReady();
      } catch (error) {
        await queue.close().catch(() => undefined);
        throw error;
      }
      this.#queue = queue;
    }
    const queue = this.#queue;
    if (!this.#isSwept) {
      // What an earlier process has left there is added again by this one, under newer tokens.
      await queue.drain(true);
      this.#isSwept = true;
    }
    return queue;
  }
}
