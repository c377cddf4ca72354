import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { SERVER_FLAGS } from "../../src/demo/server-process.ts";
import { BenchProcess } from "./bench-process.ts";
import { type Figure, ratioOf } from "./figure.ts";
import { GATES, parkGates } from "./parked-gates.ts";
import { ServerProcess, type ServerProgram } from "./server-process.ts";
import { spreadOf } from "./spread.ts";

const ROUNDS = 9;
// Until what the start has left to do is done.
const IDLE_MS = 1500;

const World = z.object({ environment: z.record(z.string(), z.string()), trivial: z.record(z.string(), z.string()) });

const NAMES = ["bolt", "empty", "parked"] as const;
type Name = (typeof NAMES)[number];

interface Start {
  readonly readyMs: number;
  readonly memoryMib: number;
}

type Round = Readonly<Record<Name, Start>>;

/** P6: how soon the server is ready and what it has of the memory, beside the smallest Bolt app, and what parked runs add. */
export async function measureServerStart(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const slack = resources.use(await BenchProcess.start(import.meta.resolve("./simulated-slack.ts")));
  resources.defer(() => slack.call("stop").then(() => undefined));
  const world = World.parse(await slack.call("start", { receive: "socket" }));
  const programs = programsIn(folder, world);
  await parkGates(join(folder, "parked"));
  // The first starts read files that are in no cache yet.
  for (const name of NAMES) await startOnce(programs[name]);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bolt = await startOnce(programs.bolt);
    const empty = await startOnce(programs.empty);
    rounds.push({ bolt, empty, parked: await startOnce(programs.parked) });
  }
  return figuresOf(rounds);
}

function programsIn(folder: string, { environment, trivial }: z.infer<typeof World>): Record<Name, ServerProgram> {
  const { PATH: path, HOME: home } = process.env;
  const base = { PATH: path, HOME: home };
  const pathOf = (script: string): string => fileURLToPath(import.meta.resolve(script));
  const serve = (data: string): ServerProgram => ({
    args: [...SERVER_FLAGS, pathOf("../../src/launch.js"), "serve"],
    environment: { ...base, ...environment, PORT: "0", QUARTERDECK_DATA: join(folder, data) },
  });
  const { botToken, appToken, apiUrl } = trivial;
  const hello = { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_API_URL: apiUrl };
  return {
    bolt: { args: [pathOf("./hello-bolt.js")], environment: { ...base, ...hello } },
    empty: serve("empty"),
    parked: serve("parked"),
  };
}

async function startOnce(program: ServerProgram): Promise<Start> {
  await using server = await ServerProcess.start(program);
  await sleep(IDLE_MS);
  return { readyMs: server.readyMs, memoryMib: server.memoryMib() };
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const of = (name: Name, what: keyof Start): readonly number[] => rounds.map((round) => round[name][what]);
  return [
    { ...compared("from the start to ready / the smallest Bolt app", "readyMs", of), limit: 1.5 },
    { ...compared("memory (RSS) when idle / the smallest Bolt app", "memoryMib", of), limit: 1.3 },
    { ...added(`${GATES} parked gates add to the start`, "readyMs", of), limit: 100 },
    { ...added(`${GATES} parked gates add to the memory`, "memoryMib", of), limit: 10 },
  ];
}

type Of = (name: Name, what: keyof Start) => readonly number[];

function compared(what: string, kind: keyof Start, of: Of): Figure {
  const [product, baseline] = [of("empty", kind), of("bolt", kind)];
  return {
    goal: "P6",
    what,
    product: text(kind, product),
    baseline: text(kind, baseline),
    value: ratioOf({ product, baseline }),
    unit: "x",
  };
}

function added(what: string, kind: keyof Start, of: Of): Figure {
  const [product, baseline] = [of("parked", kind), of("empty", kind)];
  const { min, max } = spreadOf(product.map((value, round) => value - (baseline[round] ?? Number.NaN)));
  const measured = spreadOf(product).median - spreadOf(baseline).median;
  const texts = { product: text(kind, product), baseline: text(kind, baseline) };
  return { goal: "P6", what, ...texts, value: { measured, min, max }, unit: kind === "readyMs" ? "ms" : "MiB" };
}

function text(kind: keyof Start, values: readonly number[]): string {
  return `${spreadOf(values).median.toFixed(0)} ${kind === "readyMs" ? "ms" : "MiB"}`;
}
