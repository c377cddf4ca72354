import { hkdfSync } from "node:crypto";

import { z } from "zod";

import type { ChannelKeys, EnvelopeKey } from "../../src/dispatch/envelope.ts";
import { createRedisDispatcher } from "../../src/dispatch/redis-dispatcher.ts";
import { defineAction } from "../../src/engine/step-kind.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import type { BenchEngineDeps } from "./bench-engine.ts";

const WAIT_MS = 50;

/** A step that waits for somebody else, as those of a promotion do. */
export const waiting = defineAction({
  kind: "bench/waiting",
  summary: `waits ${WAIT_MS} ms`,
  repeat: "safe",
  input: z.strictObject({}),
  output: z.strictObject({}),
  run: async (_input, { signal }) => {
    await systemClock.sleep(WAIT_MS, signal);
    return { status: "succeeded", output: {} };
  },
});

/** The keys that the benchmark's server and workers share. */
export function benchKeys(): ChannelKeys {
  const key = (purpose: string): EnvelopeKey => {
    const bytes = new Uint8Array(hkdfSync("sha256", "the secret of the benchmark", "quarterdeck", purpose, 32));
    return { id: purpose, bytes };
  };
  return { job: key("job"), report: key("report"), answer: key("answer") };
}

/** The transport of jobs through this Redis. */
export function throughRedis(url: string): NonNullable<BenchEngineDeps["createDispatcher"]> {
  return (kinds, reports) =>
    createRedisDispatcher(url, {
      kinds,
      reports,
      keys: benchKeys(),
      version: "bench",
      connectionOf: () => undefined,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      shutdownGraceMs: 0,
    });
}
