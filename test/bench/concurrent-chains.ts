import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import { hasRedis, RedisServer } from "../support/redis-server.ts";
import { BullmqChains } from "./bullmq-chains.ts";
import { EngineChain } from "./engine-chain.ts";
import { type Figure, ratioOf } from "./figure.ts";
import { spreadOf } from "./spread.ts";

/** How many chains run at once, and how long each of them is. */
export interface ChainsRound {
  readonly chains: number;
  readonly steps: number;
}

const ROUNDS = 9;
const WARM_UP: ChainsRound = { chains: 200, steps: 20 };
const ROUND: ChainsRound = { chains: 200, steps: 40 };
// The delays that are sampled contain it.
const RESOLUTION_MS = 1;

interface EngineRound {
  readonly perSecond: number;
  readonly delayP99Ms: number;
}

/** P2: how many durable steps there are in a second with many runs at once, and how long everything else waits meanwhile. */
export async function measureConcurrentChains(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const redis = hasRedis ? resources.use(await RedisServer.start()) : undefined;
  const bullmq = redis === undefined ? undefined : resources.use(new BullmqChains(redis.port));
  const engineFolder = join(folder, "engine");
  await mkdir(engineFolder);
  const engine = resources.use(await EngineChain.open(engineFolder));
  const [baseline, product]: [number[], EngineRound[]] = [[], []];
  for (let turn = 0; turn < 2; turn += 1) {
    await bullmq?.run(WARM_UP);
    await runEngine(engine, WARM_UP);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    baseline.push((await bullmq?.run(ROUND)) ?? Number.NaN);
    product.push(await runEngine(engine, ROUND));
  }
  return figuresOf(product, baseline, redis !== undefined);
}

async function runEngine(engine: EngineChain, { chains, steps }: ChainsRound): Promise<EngineRound> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const begunMs = performance.now();
  await Promise.all(Array.from({ length: chains }, () => engine.run(steps)));
  const tookMs = performance.now() - begunMs;
  delay.disable();
  return { perSecond: (chains * steps * 1000) / tookMs, delayP99Ms: delay.percentile(99) / 1e6 };
}

function figuresOf(
  rounds: readonly EngineRound[],
  baseline: readonly number[],
  isCompared: boolean,
): readonly Figure[] {
  const product = rounds.map(({ perSecond }) => perSecond);
  const delays = spreadOf(rounds.map(({ delayP99Ms }) => delayP99Ms));
  const { chains } = ROUND;
  return [
    {
      goal: "P2",
      what: `steps a second of ${chains} chains at once, durable / raw BullMQ at its best, not durable`,
      product: rateText(product),
      ...(isCompared && { baseline: rateText(baseline) }),
      value: isCompared ? ratioOf({ product, baseline }) : undefined,
      unit: "x",
      least: 2,
    },
    {
      goal: "P2",
      what: "p99 of the event loop's delay meanwhile",
      value: { measured: delays.median, min: delays.min, max: delays.max },
      unit: "ms",
      limit: 20,
    },
  ];
}

function rateText(values: readonly number[]): string {
  return `${Math.round(spreadOf(values).median)}/s`;
}
