import { Worker } from "bullmq";

import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Found, JobSource } from "./job-queue.ts";
import { connectionOptions } from "./redis-link.ts";
import type { Places } from "./wire.ts";

interface Deps {
  /** Of Redis, with its password. */
  readonly url: string;
  readonly places: Places;
  readonly logger: Logger;
}

const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5000;
const BLOCK_S = 2;
const FETCH_AGAIN_MS = 300;
const MOST_STALLS = 10;

/** The jobs of a queue in Redis. */
export class RedisJobSource implements JobSource {
  readonly #deps: Deps;
  #worker: Worker | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(take: (found: Found) => Promise<void>): void {
    const { url, places, logger } = this.#deps;
    this.#worker = new Worker(places.queue, ({ id, data }) => take({ id, data }), {
      connection: { url, ...connectionOptions() },
      prefix: places.prefix,
      // One is taken at a time, and the next one only when it can be begun.
      concurrency: 1,
      skipVersionCheck: true,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // What the queue thinks of a job decides nothing.
      maxStalledCount: MOST_STALLS,
      drainDelay: BLOCK_S,
      runRetryDelay: FETCH_AGAIN_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#worker.on("error", (error) => logger.debug("a job could not be fetched", { error: errorText(error) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.close().catch(() => undefined);
  }
}
