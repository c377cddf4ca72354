import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { SERVER_FLAGS } from "../../src/demo/server-process.ts";
import { type App, APPS, CONNECTIONS, measureAcknowledgements } from "./acknowledgements.ts";
import { BenchProcess } from "./bench-process.ts";
import type { Figure } from "./figure.ts";

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

interface Bench {
  readonly client: BenchProcess;
  readonly urls: Readonly<Record<App, string>>;
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
  const product = resources.use(await BenchProcess.start(import.meta.resolve("./product-server.ts"), SERVER_FLAGS));
  await product.call("start", z.record(z.string(), z.string()).parse(environment));
  resources.defer(() => product.call("stop").then(() => undefined));
  const urls = {
    trivial: await startTrivial({}),
    recording: await startTrivial({ folder: recordFolder }),
    product: `http://127.0.0.1:${port}/slack/events`,
  };
  const client = resources.use(await BenchProcess.start(import.meta.resolve("./http-load.ts")));
  const bench = { client, urls, signingSecret };
  for (const name of APPS) await load(bench, name, "warmUp");
  return [...(await measure(bench, "atOnce")), ...(await measure(bench, "paced"))];
}

function measure(bench: Bench, kind: "atOnce" | "paced"): Promise<readonly Figure[]> {
  const { pauseMs } = LOADS[kind];
  return measureAcknowledgements({ way: "HTTP", kind, pauseMs, load: (app) => load(bench, app, kind) });
}

async function load({ client, urls, signingSecret }: Bench, name: App, kind: Kind): Promise<readonly number[]> {
  const asked = { url: urls[name], signingSecret, connections: CONNECTIONS, ...LOADS[kind] };
  return Times.parse(await client.call("load", asked)).toSorted((left, right) => left - right);
}
