import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { applicationNames } from "./bench-applications.ts";
import { BenchProcess } from "./bench-process.ts";
import { measureDisconnects } from "./disconnects.ts";
import { type Figure, ratioOf, timeText } from "./figure.ts";
import { quantile, spreadOf } from "./spread.ts";

const APPLICATIONS = 200;
// Gives an Application of about 30 KB, as one of a usual size has.
const SETTINGS = 90;
const POLL_EVERY_MS = 2000;
// A wait lasts minutes, and in most of them nothing changes; the other rate is that of rollouts of many pods everywhere at once.
const CHANGE_EVERY_MS = { usual: 60_000, busy: 10_000 };
const COMPARE_EVERY_MS = 30_000;
const ROUNDS = 7;
const ROUND_MS = 4000;
const PROOF_ROUNDS = 7;
const PROOFS_A_ROUND = 60;

const Address = z.object({ url: z.string(), ca: z.string() });
const Usage = z.object({ cpuMs: z.number() });

interface UsageLoad {
  readonly rate: keyof typeof CHANGE_EVERY_MS;
  /** Whether the polls of all applications come at the same moment: a process that is woken seldom works with warm caches. */
  readonly together: boolean;
}

interface Processes {
  readonly argocd: BenchProcess;
  readonly watching: BenchProcess;
  readonly polling: BenchProcess;
}

/** P5: what it costs to wait for many applications, and how soon the end of a wait is followed by the next step. */
export async function measureWaiting(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const argocd = resources.use(await BenchProcess.start(import.meta.resolve("./simulated-argocd.ts")));
  const address = Address.parse(await argocd.call("start", { applications: APPLICATIONS, settings: SETTINGS }));
  const names = applicationNames(APPLICATIONS);
  for (const application of names) {
    await argocd.call("control", { action: "start-operation", application });
    await setPods(argocd, application, "crashing");
  }
  const watching = resources.use(await BenchProcess.start(import.meta.resolve("./watching-client.ts")));
  const options = { ...address, applications: APPLICATIONS };
  await watching.call("start", { ...options, folder: join(folder, "log"), compareEveryMs: COMPARE_EVERY_MS });
  const measure = async (load: UsageLoad): Promise<Figure> => {
    await using polling = await BenchProcess.start(import.meta.resolve("./polling-client.ts"));
    await polling.call("start", { ...options, everyMs: POLL_EVERY_MS, together: load.together });
    // Until both have compiled what they need and nothing of their start is left.
    await sleep(POLL_EVERY_MS * 4);
    return await measureUsage({ argocd, watching, polling }, load);
  };
  const usages = [
    await measure({ rate: "usual", together: false }),
    await measure({ rate: "usual", together: true }),
    await measure({ rate: "busy", together: false }),
  ];
  return [...usages, await measureProofs({ argocd, watching }), await measureDisconnects()];
}

/** The two clients work side by side, on the same applications at the same time; the simulator changes one after the other. */
async function measureUsage({ argocd, watching, polling }: Processes, { rate, together }: UsageLoad): Promise<Figure> {
  const stop = new AbortController();
  const everyMs = CHANGE_EVERY_MS[rate];
  const changing = changeAll(argocd, { everyMs, signal: stop.signal });
  const [product, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = [await usageOf(watching), await usageOf(polling)];
    await sleep(ROUND_MS);
    const after = [await usageOf(watching), await usageOf(polling)];
    const [watched, polled] = after.map((value, index) => (value - (before[index] ?? 0)) / (ROUND_MS / 1000));
    product.push(watched ?? Number.NaN);
    baseline.push(polled ?? Number.NaN);
  }
  stop.abort();
  await changing;
  const { min, max } = ratioOf({ product, baseline });
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    goal: "P5",
    what: `CPU of ${APPLICATIONS} waits on one stream / reading each every 2 s, ${together ? "all at once" : "spread"}; each changes every ${everyMs / 1000} s`,
    product: perSecond(sum(product) / ROUNDS),
    baseline: perSecond(sum(baseline) / ROUNDS),
    // Of the sums: what the stream's client does seldom, such as comparing with the list, falls into one round.
    value: { measured: sum(product) / sum(baseline), min, max },
    unit: "x",
    ...(rate === "usual" && { limit: 0.1 }),
  };
}

async function usageOf(client: BenchProcess): Promise<number> {
  return Usage.parse(await client.call("usage")).cpuMs;
}

function perSecond(cpuMs: number): string {
  return `${cpuMs.toFixed(1)} ms/s`;
}

async function changeAll(
  argocd: BenchProcess,
  { everyMs, signal }: { readonly everyMs: number; readonly signal: AbortSignal },
): Promise<void> {
  for (let change = 1; !signal.aborted; change += 1) {
    for (const application of applicationNames(APPLICATIONS)) {
      if (signal.aborted) return;
      await argocd.call("control", { action: "annotate", application, annotations: { change: String(change) } });
      await sleep(everyMs / APPLICATIONS);
    }
  }
}

async function measureProofs({ argocd, watching }: Omit<Processes, "polling">): Promise<Figure> {
  const rounds: number[][] = [];
  let index = 0;
  for (let round = 0; round < PROOF_ROUNDS; round += 1) {
    const latencies: number[] = [];
    for (let proof = 0; proof < PROOFS_A_ROUND; proof += 1, index += 1) {
      const name = applicationNames(APPLICATIONS)[index % APPLICATIONS] ?? "";
      await watching.call("expect", name);
      await setPods(argocd, name, "ready");
      latencies.push(z.number().parse(await watching.call("proven", name)));
      await setPods(argocd, name, "crashing");
      await watching.call("wait", name);
    }
    rounds.push(latencies);
  }
  const worst = rounds.map((latencies) => quantile(sorted(latencies), 0.99));
  const { min, max } = spreadOf(worst);
  return {
    goal: "P5",
    what: "p99 from the proving frame to the next step's durable start; p50 as product",
    product: timeText(rounds.flat()),
    value: { measured: quantile(sorted(rounds.flat()), 0.99), min, max },
    unit: "ms",
    limit: 10,
  };
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => left - right);
}

async function setPods(argocd: BenchProcess, application: string, state: "ready" | "crashing"): Promise<void> {
  await argocd.call("control", { action: "set-pods", application, state });
}
