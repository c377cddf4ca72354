import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { BullmqChain } from "./bullmq-chain.ts";
import { EngineChain } from "./engine-chain.ts";
import { type Figure, ratioOf, timeText } from "./figure.ts";
import { RawCommits } from "./raw-commit.ts";
import { hasRedis, RedisServer } from "../support/redis-server.ts";
import { spreadOf } from "./spread.ts";

const ROUNDS = 11;
// Within a round the contenders take turns this often, so that a disk that is slow for a moment is slow for all of them.
const TURNS = 12;
// A server runs for weeks: by then V8 has compiled what it will compile, which takes it about so many runs. What the first ones cost
// is part of the start.
const WARM_UP_TURNS = 1000;
// A promotion through three environments has about so many steps.
const USUAL_STEPS = 20;
const MANY_STEPS = 200;

interface Contenders {
  readonly engine: EngineChain;
  readonly raw: RawCommits;
  readonly bullmq: BullmqChain | undefined;
}

interface Round {
  readonly engine: number;
  readonly raw: number;
  readonly bullmq: number;
  readonly longFirst: number;
  readonly longLast: number;
}

/** P1: what one durable step of a run costs in process, beside the least that it can cost and beside BullMQ. */
export async function measureDurableStep(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const redis = hasRedis ? resources.use(await RedisServer.start()) : undefined;
  const bullmq = redis === undefined ? undefined : resources.use(new BullmqChain(redis.port));
  const engineFolder = join(folder, "engine");
  await mkdir(engineFolder);
  const engine = resources.use(await EngineChain.open(engineFolder));
  const contenders: Contenders = { engine, raw: resources.use(new RawCommits(folder)), bullmq };
  for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) await takeTurns(contenders);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureRound(contenders));
  return figuresOf(rounds, bullmq !== undefined);
}

async function measureRound(contenders: Contenders): Promise<Round> {
  const turns: Omit<Round, "longFirst" | "longLast">[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) turns.push(await takeTurns(contenders));
  const long = await contenders.engine.run(MANY_STEPS);
  return {
    engine: spreadOf(turns.map((turn) => turn.engine)).median,
    raw: spreadOf(turns.map((turn) => turn.raw)).median,
    bullmq: spreadOf(turns.map((turn) => turn.bullmq)).median,
    longFirst: perStep(long.slice(0, USUAL_STEPS)),
    longLast: perStep(long.slice(-USUAL_STEPS)),
  };
}

async function takeTurns({ engine, raw, bullmq }: Contenders): Promise<Omit<Round, "longFirst" | "longLast">> {
  return {
    engine: perStep(await engine.run(USUAL_STEPS)),
    raw: raw.run(USUAL_STEPS),
    bullmq: bullmq === undefined ? Number.NaN : perStep(await bullmq.run(USUAL_STEPS)),
  };
}

/** From the execution of one step to that of the next, on average. */
function perStep(moments: readonly number[]): number {
  const [first = Number.NaN, last = Number.NaN] = [moments[0], moments.at(-1)];
  return (last - first) / (moments.length - 1);
}

function figuresOf(rounds: readonly Round[], isCompared: boolean): readonly Figure[] {
  const of = (name: keyof Round): readonly number[] => rounds.map((round) => round[name]);
  const product = timeText(of("engine"));
  const [longFirst, longLast] = [of("longFirst"), of("longLast")];
  return [
    {
      goal: "P1",
      what: "durable step / one raw FULL commit with a hash",
      product,
      baseline: timeText(of("raw")),
      value: ratioOf({ product: of("engine"), baseline: of("raw") }),
      unit: "x",
      limit: 1.3,
    },
    {
      goal: "P1",
      what: "durable step / raw BullMQ step, not durable",
      product,
      ...(isCompared && { baseline: timeText(of("bullmq")) }),
      value: isCompared ? ratioOf({ product: of("engine"), baseline: of("bullmq") }) : undefined,
      unit: "x",
      limit: 0.35,
    },
    {
      goal: "P1",
      what: `step ${MANY_STEPS - USUAL_STEPS}-${MANY_STEPS} / step 1-${USUAL_STEPS} of one run`,
      product: timeText(longLast),
      baseline: timeText(longFirst),
      value: ratioOf({ product: longLast, baseline: longFirst }),
      unit: "x",
    },
  ];
}
