import { z } from "zod";

import type { RemoteWorker } from "../../src/dispatch/remote-worker.ts";
import { createRedisWorker } from "../../src/dispatch/redis-worker.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { answerCalls } from "./bench-process.ts";
import { benchKeys, waiting } from "./remote-bench.ts";

const Start = z.object({ url: z.string(), id: z.string(), concurrency: z.number() });

const running: { worker?: RemoteWorker } = {};

answerCalls({
  /** A worker as `quarterdeck worker` has it, with the step kind of the benchmark. */
  start(argument) {
    const { url, id, concurrency } = Start.parse(argument);
    const kinds = new Map([[waiting.kind, waiting]]);
    running.worker = createRedisWorker(url, {
      id,
      keys: benchKeys(),
      version: "bench",
      kinds,
      kindsFor: () => kinds,
      clock: systemClock,
      logger: silentLogger,
      concurrency,
      shutdownGraceMs: 0,
    });
  },
  async stop() {
    await running.worker?.[Symbol.asyncDispose]();
  },
});
