import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { BenchProcess } from "./bench-process.ts";
import { type Figure, ratioOf, timeText } from "./figure.ts";
import { quantile } from "./spread.ts";

const CONNECTIONS = 10;
const ROUNDS = 9;

const LOADS = {
  warmUp: { commands: 3000, pauseMs: 0, longestMs: 10_000 },
  atOnce: { commands: 2000, pauseMs: 0, longestMs: 5000 },
  paced: { commands: 400, pauseMs: 20, longestMs: 5000 },
} as const;
type Kind = keyof typeof LOADS;

const World = z.object({
  environment: z.looseObject({ SLACK_SIGNING_SECRET: z.string(), PORT: z.string() }),
  trivial: z.record(z.string(), z.string()),
});
const Times = z.array(z.number());

const NAMES = ["trivial", "recording", "product"] as const;
type Name = (typeof NAMES)[number];

interface Bench {
  readonly client: BenchProcess;
  readonly urls: Readonly<Record<Name, string>>;
  readonly signingSecret: string;
}

/** P4 over HTTP: how long Slack waits for the answer to a command that is on the disk by then. */
export async function measureHttpCommands(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const slack = resources.use(await BenchProcess.start(import.meta.resolve("./simulated-slack.ts")));
  resources.defer(() => slack.call("stop").then(() => undefined));
  const { environment, trivial } = World.parse(await slack.call("start", { receive: "http" }));
  const { SLACK_SIGNING_SECRET: signingSecret, PORT: port } = environment;
  const startTrivial = async (more: Readonly<Record<string, string>>): Promise<string> => {
    const app = resources.use(await BenchProcess.start(import.meta.resolve("./trivial-http.ts")));
    return z.string().parse(await app.call("start", { ...trivial, signingSecret, ...more }));
  };
  const recordFolder = join(folder, "recording");
  await mkdir(recordFolder);
  const product = resources.use(await BenchProcess.start(import.meta.resolve("./product-server.ts")));
  await product.call("start", z.record(z.string(), z.string()).parse(environment));
  resources.defer(() => product.call("stop").then(() => undefined));
  const urls = {
    trivial: await startTrivial({}),
    recording: await startTrivial({ folder: recordFolder }),
    product: `http://127.0.0.1:${port}/slack/events`,
  };
  const client = resources.use(await BenchProcess.start(import.meta.resolve("./http-load.ts")));
  const bench = { client, urls, signingSecret };
  for (const name of NAMES) await load(bench, name, "warmUp");
  return [...(await measure(bench, "atOnce")), ...(await measure(bench, "paced"))];
}

async function measure(bench: Bench, kind: "atOnce" | "paced"): Promise<readonly Figure[]> {
  const rounds: Record<Name, readonly number[]>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const trivial = await load(bench, "trivial", kind);
    const recording = await load(bench, "recording", kind);
    rounds.push({ trivial, recording, product: await load(bench, "product", kind) });
  }
  const { pauseMs } = LOADS[kind];
  const pace = pauseMs === 0 ? "one after the other" : `with ${pauseMs} ms between`;
  const of = (name: Name, share: number): readonly number[] => rounds.map((round) => quantile(round[name], share));
  const figure = (share: number, against: "trivial" | "recording"): Figure => {
    const [product, baseline] = [of("product", share), of(against, share)];
    const other = against === "trivial" ? "trivial Bolt app" : "the same with one raw commit";
    return {
      goal: "P4",
      what: `HTTP: p${share * 100} to the ack, recorded / ${other}; ${CONNECTIONS} connections, ${pace}`,
      product: timeText(product),
      baseline: timeText(baseline),
      value: ratioOf({ product, baseline }),
      unit: "x",
      ...(kind === "atOnce" && against === "trivial" && { limit: 1.15 }),
    };
  };
  return [figure(0.5, "trivial"), figure(0.99, "trivial"), figure(0.5, "recording")];
}

async function load({ client, urls, signingSecret }: Bench, name: Name, kind: Kind): Promise<readonly number[]> {
  const asked = { url: urls[name], signingSecret, connections: CONNECTIONS, ...LOADS[kind] };
  return Times.parse(await client.call("load", asked)).toSorted((left, right) => left - right);
}
