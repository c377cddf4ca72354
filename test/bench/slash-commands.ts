import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { SERVER_FLAGS } from "../../src/demo/server-process.ts";
import { type App, APPS, CONNECTIONS, measureAcknowledgements } from "./acknowledgements.ts";
import { BenchProcess } from "./bench-process.ts";
import { type Figure, timeText } from "./figure.ts";
import { quantile, spreadOf } from "./spread.ts";

const CHAINS = { count: 200, steps: 20 };
const BUSY_ROUNDS = 7;

/** Ways in which ten people type; a pause of 20 ms each leaves the application mostly idle. */
const LOADS = {
  warmUp: { commands: 1500, pauseMs: 0, longestMs: 10_000 },
  atOnce: { commands: 1000, pauseMs: 0, longestMs: 5000 },
  paced: { commands: 400, pauseMs: 20, longestMs: 5000 },
  busy: { commands: 1000, pauseMs: 0, longestMs: 3000 },
} as const;

const World = z.object({
  environment: z.record(z.string(), z.string()),
  trivial: z.record(z.string(), z.string()),
  recording: z.record(z.string(), z.string()),
});
const Times = z.array(z.number());

interface Apps {
  readonly slack: BenchProcess;
  readonly product: BenchProcess;
}

/** P4: how long people wait for the acknowledgement of a command that is on the disk by then. */
export async function measureSlashCommands(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const slack = resources.use(await BenchProcess.start(import.meta.resolve("./simulated-slack.ts")));
  resources.defer(() => slack.call("stop").then(() => undefined));
  const world = World.parse(await slack.call("start", { receive: "socket" }));
  const trivial = resources.use(await BenchProcess.start(import.meta.resolve("./trivial-bolt.ts")));
  await trivial.call("start", world.trivial);
  const recording = resources.use(await BenchProcess.start(import.meta.resolve("./trivial-bolt.ts")));
  await recording.call("start", { ...world.recording, folder });
  const product = resources.use(await BenchProcess.start(import.meta.resolve("./product-server.ts"), SERVER_FLAGS));
  await product.call("start", world.environment);
  resources.defer(() => product.call("stop").then(() => undefined));
  for (const app of APPS) await slack.call("connected", { app, connections: app === "product" ? 2 : 1 });
  for (const app of APPS) await load(slack, app, "warmUp");
  const idle = [...(await measureIdle(slack, "atOnce")), ...(await measureIdle(slack, "paced"))];
  return [...idle, await measureBusy({ slack, product })];
}

function measureIdle(slack: BenchProcess, kind: "atOnce" | "paced"): Promise<readonly Figure[]> {
  const { pauseMs } = LOADS[kind];
  return measureAcknowledgements({ way: "socket", kind, pauseMs, load: (app) => load(slack, app, kind) });
}

async function measureBusy({ slack, product }: Apps): Promise<Figure> {
  await product.call("chains", CHAINS);
  // The first runs of all chains begin together; a moment later they are spread.
  await sleep(1000);
  const before = z.number().parse(await product.call("executed"));
  const begunMs = performance.now();
  const rounds: (readonly number[])[] = [];
  for (let round = 0; round < BUSY_ROUNDS; round += 1) rounds.push(await load(slack, "product", "busy"));
  const executed = z.number().parse(await product.call("executed")) - before;
  const stepsPerSecond = Math.round((executed / (performance.now() - begunMs)) * 1000);
  await product.call("end");
  const { min, max } = spreadOf(rounds.map((times) => quantile(times, 0.999)));
  return {
    goal: "P4",
    what: `p99.9 to the ack with ${CHAINS.count} chains running (${stepsPerSecond} steps/s); p50 as product`,
    product: timeText(rounds.flat()),
    value: { measured: quantile(sorted(rounds.flat()), 0.999), min, max },
    unit: "ms",
    limit: 100,
  };
}

async function load(slack: BenchProcess, app: App, kind: keyof typeof LOADS): Promise<readonly number[]> {
  return sorted(Times.parse(await slack.call("load", { app, connections: CONNECTIONS, ...LOADS[kind] })));
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => left - right);
}
