import { ApplicationCache } from "../../src/argocd/application-cache.ts";
import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { WatchStream } from "../../src/argocd/watch-stream.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import { ACCOUNTS, applicationNames, liveApplication, NAMESPACE, OneFolder, TOKEN } from "./bench-applications.ts";
import type { Figure } from "./figure.ts";

const DISCONNECTS = 1000;
// Every connection replays all of them, so few are enough: what can be missed is one change, not many.
const APPLICATIONS = 20;
const SPEED = 100;
// The client waits a second before it connects again, and two before it compares with the list; here it may not take as long.
const HURRY = 200;
// Against a change that never arrives.
const LONGEST_MS = 3000;
// Before the cut, while it is down, and in the gap as it comes back.
const CHANGES_EACH = 3;

/** A clock on which time passes faster, for those who wait. */
const hurriedClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * HURRY,
  setTimer: (delayMs, action) => systemClock.setTimer(delayMs / HURRY, action),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / HURRY, signal),
};

/** P5: whether a change is ever missed when the stream breaks around it, however it breaks and whatever the next one loses. */
export async function measureDisconnects(): Promise<Figure> {
  await using resources = new AsyncDisposableStack();
  const simulator = resources.use(await startSimulator());
  const watched = watch(simulator, resources);
  const missed = { count: 0 };
  await until(() => watched.connections() > 0);
  for (let number = 0; number < DISCONNECTS; number += 1) await disconnectOnce({ simulator, watched, missed }, number);
  const value = { measured: missed.count, min: missed.count, max: missed.count };
  const product = `${DISCONNECTS * CHANGES_EACH} changes`;
  const baseline = `${watched.connections() - 1} cuts`;
  return {
    goal: "P5",
    what: "changes missed by the cache while the stream breaks",
    product,
    baseline,
    value,
    unit: "",
    limit: 0,
  };
}

interface Scene {
  readonly simulator: ArgocdSimulator;
  readonly watched: Watched;
  readonly missed: { count: number };
}

interface Watched {
  connections(): number;
  health(name: string): string;
}

async function startSimulator(): Promise<ArgocdSimulator> {
  return startArgocdSimulator({
    clock: systemClock,
    speed: SPEED,
    gitRepositories: new OneFolder(2),
    applications: applicationNames(APPLICATIONS).map(liveApplication),
    accounts: ACCOUNTS,
  });
}

function watch({ url }: ArgocdSimulator, resources: AsyncDisposableStack): Watched {
  const [clock, random, logger] = [hurriedClock, systemRandom, silentLogger];
  const http = resources.use(new ArgocdHttp({ url, token: TOKEN, clock: systemClock, mayWrite: () => true }));
  const client = new ArgocdClient({ http, clock: systemClock, random });
  const streamHealth = (): ReturnType<WatchStream["health"]> => stream.health();
  const compareEveryMs = 120_000;
  const cache = new ApplicationCache({ client, clock, random, logger, filter: {}, compareEveryMs, streamHealth });
  const stream = new WatchStream({ http, clock, random, logger, filter: {}, listener: cache });
  resources.use(cache);
  resources.use(stream);
  const seen = new Map<string, string>();
  for (const name of applicationNames(APPLICATIONS)) {
    // Only what is told counts: whoever waits does not look into the cache by itself.
    cache.subscribe({ namespace: NAMESPACE, name }, (hint) => {
      if (hint.kind === "changed") seen.set(name, hint.application.status.health.status);
    });
  }
  cache.start();
  stream.start();
  return { connections: () => stream.health().connections, health: (name) => seen.get(name) ?? "" };
}

/** One change before the stream breaks, one while it is down and one in the gap right after it is back; each has to be told. */
async function disconnectOnce({ simulator, watched, missed }: Scene, number: number): Promise<void> {
  const names = applicationNames(APPLICATIONS);
  const [first = "", second = "", third = ""] = [0, 1, 2].map((index) => names[(number * 3 + index) % names.length]);
  const wanted = new Map([first, second, third].map((name) => [name, opposite(watched.health(name))]));
  const change = async (name: string): Promise<void> => {
    const state = wanted.get(name) === "Healthy" ? "ready" : "crashing";
    await simulator.control({ action: "set-pods", application: name, state });
  };
  const before = watched.connections();
  const dropsAfterReplay = number % 2;
  await simulator.control({ action: "set-new-streams", replaysBefore: number % 3 === 0, dropsAfterReplay });
  await change(first);
  await simulator.control({
    action: "disturb-streams",
    effect: (["cut", "end", "fail"] as const)[number % 3] ?? "cut",
  });
  await change(second);
  await until(() => watched.connections() > before);
  await change(third);
  for (const [name, health] of wanted) {
    if (!(await until(() => watched.health(name) === health))) missed.count += 1;
  }
}

function opposite(health: string): string {
  return health === "Progressing" ? "Healthy" : "Progressing";
}

/** Resolves with true once the condition holds, with false when it does not within the longest time. */
async function until(condition: () => boolean): Promise<boolean> {
  const endMs = performance.now() + LONGEST_MS;
  while (!condition()) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => void setImmediate(resolve));
  }
  return true;
}
