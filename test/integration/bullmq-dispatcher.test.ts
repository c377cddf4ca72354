import { afterAll, beforeAll, describe } from "vitest";

import { dispatcherContract } from "../contract/dispatcher.contract.ts";
import { BullmqRig } from "../support/bullmq-rig.ts";
import { hasRedis, RedisServer } from "../support/redis-server.ts";

describe.skipIf(!hasRedis)("jobs through Redis", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  dispatcherContract("through Redis", async ({ kinds, reports, concurrency, shutdownGraceMs }) => {
    const rig = new BullmqRig({ url: redis.url, kinds, reports, shutdownGraceMs });
    await rig.worker({ concurrency });
    return rig.asDispatcher();
  });
});
