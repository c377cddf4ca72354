import type { Application } from "../argocd/application.ts";
import type { ApplicationCache } from "../argocd/application-cache.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { Discovery, type DiscoveryProblem } from "../inventory/discovery.ts";
import type { LabelledApp } from "../inventory/read-labels.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly live: LiveSettings;
  readonly inventory: Inventory;
  readonly servers: ReadonlyMap<string, Pick<ArgocdServer, "cache">>;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Both Applications of a conflict may be on their way to something right.
const SAY_AFTER_MS = 1000;
const MOST_SAID = 20;

// Longer than a list of thousands takes; what was asked for meanwhile is then judged by what is known.
const FILLED_WITHIN_MS = 10_000;

/** Resolves when all Applications are known that discovery looks at, or when that takes too long. */
export async function discovered({ live, servers, clock }: Pick<Deps, "live" | "servers" | "clock">): Promise<void> {
  if (live.configuration.discovery === undefined) return;
  const filled = Promise.all([...servers.values()].map(({ cache }) => cache.filled));
  await Promise.race([filled, clock.sleep(FILLED_WITHIN_MS)]);
}

/** Keeps the inventory as the settings and the labels of all Applications say, from here on and until `resources` are disposed. */
export function openDiscovery(deps: Deps, resources: AsyncDisposableStack): Discovery {
  const { live, inventory, servers } = deps;
  const said = new SaidProblems(deps, () => discovery.problems);
  resources.defer(() => said[Symbol.dispose]());
  const discovery = new Discovery({ inventory, onProblemsChanged: () => said.soon() });
  const unseen = new Set(servers.keys());
  const doubt = (): void => inventory.unseen(discoveredOn(live, unseen));
  discovery.replace(live.configuration, applicationsOf(servers));
  doubt();
  live.onReplaced(() => {
    inventory.replace(live.configuration);
    discovery.replace(live.configuration, applicationsOf(servers));
    doubt();
  });
  const see = async (server: string, { filled }: ApplicationCache): Promise<void> => {
    await filled;
    unseen.delete(server);
    doubt();
  };
  for (const [server, { cache }] of servers) void see(server, cache);
  for (const [server, { cache }] of servers) {
    const subscription = cache.subscribeToAll(({ namespace, name }, hint) => {
      if (hint.kind === "changed") discovery.put(labelled(server, hint.application));
      if (hint.kind === "gone") discovery.remove({ server, namespace, name });
    });
    resources.use(subscription);
  }
  return discovery;
}

/** Those of the servers on which services are looked for. */
function discoveredOn({ configuration }: LiveSettings, servers: ReadonlySet<string>): ReadonlySet<string> {
  const { discovery } = configuration;
  if (discovery === undefined) return new Set();
  return new Set([...servers].filter((server) => discovery.servers?.includes(server) !== false));
}

function* applicationsOf(servers: Deps["servers"]): Generator<LabelledApp> {
  for (const [server, { cache }] of servers) {
    for (const application of cache.applications()) yield labelled(server, application);
  }
}

function labelled(server: string, { metadata: { namespace, name, labels } }: Application): LabelledApp {
  return { server, namespace, name, labels: labels ?? {} };
}

/** Says each problem once in the log, for as long as it is the same. */
class SaidProblems implements Disposable {
  readonly #deps: Deps;
  readonly #problems: () => readonly DiscoveryProblem[];
  #said: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;

  constructor(deps: Deps, problems: () => readonly DiscoveryProblem[]) {
    this.#deps = deps;
    this.#problems = problems;
  }

  soon(): void {
    this.#timer ??= this.#deps.clock.setTimer(SAY_AFTER_MS, () => this.#say());
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #say(): void {
    const { logger } = this.#deps;
    this.#timer = undefined;
    const problems = this.#problems();
    const news = problems.filter(({ key }) => !this.#said.has(key));
    this.#said = new Set(problems.map(({ key }) => key));
    for (const { message } of news.slice(0, MOST_SAID)) {
      logger.warn("labels of an Application are not used", { problem: message });
    }
    const more = news.length - MOST_SAID;
    if (more > 0) logger.warn("labels of more Applications are not used; quarterdeck doctor lists them", { more });
  }
}
