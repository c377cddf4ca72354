import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { RemoteWorker } from "../../src/dispatch/remote-worker.ts";
import { createRedisWorker } from "../../src/dispatch/redis-worker.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { hasRedis, RedisServer } from "../support/redis-server.ts";
import { BenchEngine, stepOf } from "./bench-engine.ts";
import { BenchProcess } from "./bench-process.ts";
import { BullmqChain } from "./bullmq-chain.ts";
import { EngineChain } from "./engine-chain.ts";
import { type Figure, ratioOf, timeText } from "./figure.ts";
import { approvalGate } from "./parked-gates.ts";
import { benchKeys, throughRedis, waiting } from "./remote-bench.ts";

const ROUNDS = 11;
const WARM_UPS = 3;
const STEPS = 50;
const WORKERS = 4;
// So few at a time that a worker waits most of the time, and never for its own processor.
const AT_ONCE = 10;
const CHAINS = 80;
const CHAIN_STEPS = 6;
const SCALING_ROUNDS = 5;
const GATES = 500;

/** P3: what a step costs when a worker executes it, how workers add up, and what waits in Redis for people. */
export async function measureRemoteSteps(folder: string): Promise<readonly Figure[]> {
  if (!hasRedis) return [{ goal: "P3", what: "steps through Redis", value: undefined, unit: "x" }];
  await using redis = await RedisServer.start();
  return [
    await measureLatency(redis, join(folder, "latency")),
    ...(await measureScaling(redis, join(folder, "scaling"))),
    await measureGates(redis, join(folder, "gates")),
  ];
}

async function measureLatency(redis: RedisServer, folder: string): Promise<Figure> {
  await using resources = new AsyncDisposableStack();
  await mkdir(folder);
  const raw = resources.use(new BullmqChain(redis.port));
  const chain = resources.use(
    await EngineChain.open(folder, {
      createDispatcher: (kinds, reports) => {
        // Beside the engine, as the one that it is compared with.
        resources.use(nearWorker(redis.url, kinds));
        return throughRedis(redis.url)(kinds, reports);
      },
    }),
  );
  const [product, baseline]: [number[], number[]] = [[], []];
  for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
    const [ours, theirs] = [perStep(await chain.run(STEPS)), perStep(await raw.run(STEPS))];
    if (round < 0) continue;
    product.push(ours);
    baseline.push(theirs);
  }
  return {
    goal: "P3",
    what: "durable step by a worker / raw BullMQ step, not durable",
    product: timeText(product),
    baseline: timeText(baseline),
    value: ratioOf({ product, baseline }),
    unit: "x",
    limit: 1.5,
  };
}

function nearWorker(url: string, kinds: ReadonlyMap<string, StepKind>): RemoteWorker {
  return createRedisWorker(url, {
    keys: benchKeys(),
    id: "near",
    version: "bench",
    kinds,
    kindsFor: () => kinds,
    clock: systemClock,
    logger: silentLogger,
    concurrency: AT_ONCE,
    shutdownGraceMs: 0,
  });
}

/** How much more is done by several workers than by one, on steps that wait. */
async function measureScaling(redis: RedisServer, folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  await mkdir(folder);
  const ended = new Map<string, () => void>();
  const engine = resources.use(
    await BenchEngine.open({
      folder,
      kinds: [waiting],
      createDispatcher: throughRedis(redis.url),
      onChanged: (run, view) => {
        if (view().state.finishedAt !== undefined) ended.get(run)?.();
      },
    }),
  );
  const steps = Array.from({ length: CHAIN_STEPS }, (_, index) => stepOf(`step_${index + 1}`, waiting));
  const perSecond = async (): Promise<number> => {
    const began = performance.now();
    const runs = Array.from({ length: CHAINS }, async () => {
      const run = engine.newRunId();
      const over = new Promise<void>((resolve) => void ended.set(run, resolve));
      await engine.start(run, steps);
      await over;
    });
    await Promise.all(runs);
    ended.clear();
    return (CHAINS * CHAIN_STEPS * 1000) / (performance.now() - began);
  };
  const measured = new Map<number, number[]>([1, 2, WORKERS].map((workers) => [workers, []]));
  for (let workers = 1; workers <= WORKERS; workers += 1) {
    const worker = resources.use(await BenchProcess.start(new URL("remote-worker.ts", import.meta.url).href));
    resources.defer(async () => void (await worker.call("stop")));
    await worker.call("start", { url: redis.url, id: `worker-${workers}`, concurrency: AT_ONCE });
    const rounds = measured.get(workers);
    if (rounds === undefined) continue;
    await perSecond();
    for (let round = 0; round < SCALING_ROUNDS; round += 1) rounds.push(await perSecond());
  }
  const alone = measured.get(1) ?? [];
  return [2, WORKERS].map((workers) => {
    const product = measured.get(workers) ?? [];
    return {
      goal: "P3",
      what: `steps of 50 ms a second, ${workers} workers / one`,
      product: perSecondText(product),
      baseline: perSecondText(alone),
      value: ratioOf({ product, baseline: alone }),
      unit: "x",
      least: workers === 2 ? 1.95 : 3.8,
    };
  });
}

/** What Redis keeps for a run that waits for people. */
async function measureGates(redis: RedisServer, folder: string): Promise<Figure> {
  await mkdir(folder);
  const parked = Promise.withResolvers<void>();
  const waitingFor = new Set<string>();
  await using engine = await BenchEngine.open({
    folder,
    kinds: [approvalGate],
    createDispatcher: throughRedis(redis.url),
    onChanged: (run, view) => {
      if ([...view().state.steps.values()].some(({ gate }) => gate !== undefined)) waitingFor.add(run);
      if (waitingFor.size === GATES) parked.resolve();
    },
  });
  const before = await keysOf(redis);
  for (let gate = 0; gate < GATES; gate += 1) await engine.start(engine.newRunId(), [stepOf("ask", approvalGate)]);
  await parked.promise;
  const measured = Math.max(0, (await keysOf(redis)) - before) / GATES;
  return {
    goal: "P3",
    what: "keys in Redis for each parked gate",
    value: { measured, min: measured, max: measured },
    unit: "",
    limit: 0,
  };
}

async function keysOf(redis: RedisServer): Promise<number> {
  return Number(await redis.command("DBSIZE"));
}

function perStep(moments: readonly number[]): number {
  const [first = Number.NaN, last = Number.NaN] = [moments[0], moments.at(-1)];
  return (last - first) / (moments.length - 1);
}

function perSecondText(values: readonly number[]): string {
  const sorted = values.toSorted((left, right) => left - right);
  return `${Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)}/s`;
}
