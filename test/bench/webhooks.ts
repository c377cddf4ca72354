import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { SERVER_FLAGS } from "../../src/demo/server-process.ts";
import { openLog } from "../../src/store/store.ts";
import { storedEvent } from "../../src/store/log-reader.ts";
import { BenchProcess } from "./bench-process.ts";
import { type Figure, timeText } from "./figure.ts";
import { quantile } from "./spread.ts";

const SECRET = "bench-webhook-secret-0001";
const LOAD = { perSecond: 500, seconds: 60, startsOneIn: 250 };
const WARM_UP = { ...LOAD, seconds: 5 };
// As long as real steps: chains that end at once would be thousands of new cards, and those are what is measured elsewhere.
const CHAINS = { count: 200, steps: 40, pauseMs: 250 };
const LONGEST_END_MS = 120_000;

const World = z.object({
  environment: z.looseObject({
    PORT: z.string(),
    QUARTERDECK_CONFIG: z.string(),
    QUARTERDECK_DATA: z.string(),
  }),
});
const Report = z.object({
  times: z.array(z.number()),
  statuses: z.record(z.string(), z.number()),
  taken: z.array(z.string()),
});

const COMMAND = `name: Told
summary: What a webhook has told
on: { slash: /qd told <number> }
inputs: { number: { type: string } }
steps:
  - { id: pause, uses: delay, with: { for: 1s } }
`;

const TRIGGER = `
triggers:
  - name: load
    from: github
    secret: \${{ secrets.WEBHOOK }}
    start:
      - command: told
        when: \${{ event.conclusion == "success" }}
        inputs: { number: "\${{ event.run }}" }
`;

/** Webhooks beside two hundred chains: 500 signed ones a second for a minute, some sent again, some forged, some of another type. */
export async function measureWebhooks(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const slack = resources.use(await BenchProcess.start(import.meta.resolve("./simulated-slack.ts")));
  resources.defer(() => slack.call("stop").then(() => undefined));
  const { environment } = World.parse(await slack.call("start", { receive: "socket" }));
  const commands = join(folder, "commands");
  await cp(fileURLToPath(new URL("../../commands/", import.meta.url)), commands, { recursive: true });
  await writeFile(join(commands, "told.yaml"), COMMAND);
  await addTrigger(environment);
  const product = resources.use(await BenchProcess.start(import.meta.resolve("./product-server.ts"), SERVER_FLAGS));
  await product.call(
    "start",
    z.record(z.string(), z.string()).parse({ ...environment, WEBHOOK: SECRET, QUARTERDECK_COMMANDS: commands }),
  );
  const client = resources.use(await BenchProcess.start(import.meta.resolve("./webhook-load.ts")));
  const url = `http://127.0.0.1:${environment.PORT}/triggers/load`;
  const load = async (how: typeof LOAD): Promise<z.infer<typeof Report>> =>
    Report.parse(await client.call("load", { url, secret: SECRET, ...how }));
  await product.call("chains", CHAINS);
  const warmedUp = await load(WARM_UP);
  const before = Memory.parse(await product.call("memory"));
  const told = await load(LOAD);
  const after = Memory.parse(await product.call("memory"));
  await product.call("end");
  await ended(product);
  await product.call("stop");
  const log = await recorded(join(environment.QUARTERDECK_DATA, "quarterdeck.db"));
  return figures({ told, log, taken: [...warmedUp.taken, ...told.taken], before, after });
}

async function addTrigger(environment: z.infer<typeof World>["environment"]): Promise<void> {
  const { QUARTERDECK_CONFIG: file } = environment;
  const text = await readFile(file, "utf8");
  const changed = text
    .replace("  team: [everyone]\n", "  team: [everyone]\n  ci: [{ trigger: load }]\n")
    .replace("grants:\n", "grants:\n  - { role: ci, verbs: [told], services: all, environments: all }\n")
    .replace("secrets:\n", "secrets:\n  WEBHOOK: { env: WEBHOOK }\n");
  await writeFile(file, changed);
  await appendFile(file, TRIGGER);
}

/** Resolves when nothing is under way any more. */
async function ended(product: BenchProcess): Promise<void> {
  const endMs = performance.now() + LONGEST_END_MS;
  while (z.number().parse(await product.call("open")) > 0 && performance.now() < endMs) await sleep(200);
}

interface Recorded {
  /** How often each delivery is on record, by its id. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** How often each run of the command was started, by what it was told. */
  readonly runs: ReadonlyMap<string, number>;
}

async function recorded(file: string): Promise<Recorded> {
  using opened = openLog(join(file, ".."));
  const deliveries = new Map<string, number>();
  const runs = new Map<string, number>();
  const count = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (const row of opened.log.rows()) {
    if (row.type === "intent.received") {
      const id = /^trigger\/load\/(bench-\d+-\d+)$/u.exec(String(storedEvent(row)["key"]))?.[1];
      if (id !== undefined) count(deliveries, id);
    }
    if (row.type !== "run.started") continue;
    const { inputs } = Started.parse(storedEvent(row));
    if (inputs.number !== undefined) count(runs, inputs.number);
  }
  return { deliveries, runs };
}

const Memory = z.object({ rss: z.number(), used: z.number() });
const Started = z.object({ inputs: z.object({ number: z.string().optional() }) });

function figures(from: {
  readonly told: z.infer<typeof Report>;
  readonly taken: readonly string[];
  readonly log: Recorded;
  readonly before: z.infer<typeof Memory>;
  readonly after: z.infer<typeof Memory>;
}): readonly Figure[] {
  const { told, taken, log, before, after } = from;
  const { times, statuses } = told;
  const goal = "T1";
  const one = (measured: number): Figure["value"] => ({ measured, min: measured, max: measured });
  const lost = taken.filter((id) => !log.deliveries.has(id)).length;
  const twice = [...log.deliveries.values()].filter((count) => count > 1).length;
  const starts = taken
    .filter((id) => Number(id.split("-").at(-1)) % LOAD.startsOneIn === 0)
    .map((id) => id.split("-").at(-1) ?? "");
  const unstarted = starts.filter((run) => log.runs.get(run) !== 1).length;
  const wrong = Object.entries(statuses).filter(([name]) => !EXPECTED.has(name));
  const said = Object.entries(statuses).map(([name, count]) => `${name}: ${count}`);
  const sorted = times.toSorted((left, right) => left - right);
  return [
    {
      goal,
      what: `answers to ${LOAD.perSecond} webhooks/s for ${LOAD.seconds} s beside ${CHAINS.count} chains, p99; p50 as product`,
      product: timeText(times),
      value: one(quantile(sorted, 0.99)),
      unit: "ms",
    },
    {
      goal,
      what: `answered otherwise than they should be (${said.join(", ")})`,
      value: one(wrong.reduce((sum, [, count]) => sum + count, 0)),
      unit: "",
      limit: 0,
    },
    { goal, what: `true ones lost, of ${taken.length}`, value: one(lost), unit: "", limit: 0 },
    { goal, what: "recorded twice", value: one(twice), unit: "", limit: 0 },
    { goal, what: `runs not started exactly once, of ${starts.length}`, value: one(unstarted), unit: "", limit: 0 },
    {
      goal,
      what: "memory that is kept more than before, collected; of the process as product",
      product: `${mib(after.rss - before.rss).toFixed(0)} MiB`,
      value: one(mib(after.used - before.used)),
      unit: "MiB",
      limit: 32,
    },
  ];
}

function mib(bytes: number): number {
  return bytes / 2 ** 20;
}

const EXPECTED = new Set(["true 200", "duplicate 200", "forged 401", "otherType 415"]);
