import { statfs } from "node:fs/promises";

import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { Anchoring, AnchorStanding } from "../audit/anchoring.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import { machineText, tryMachine } from "../domain/machine.ts";
import type { Artifacts } from "../engine/artifacts.ts";
import type { HttpServer } from "../http/http-server.ts";
import type { Clock } from "../platform/clock.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../web/metrics.ts";
import type { Standing, Standings } from "../web/readiness.ts";
import { makeRunLink } from "../web/run-link.ts";
import { runRoute } from "../web/run-route.ts";
import { statusRoutes } from "../web/status-routes.ts";
import type { Engine } from "./engine.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { Outside } from "./outside.ts";
import type { Slack } from "./slack.ts";

interface Deps {
  readonly environment: Environment;
  readonly http: Pick<HttpServer, "add">;
  readonly live: LiveSettings;
  readonly store: Store;
  readonly engine: Engine;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly slack: Slack;
  readonly anchoring: Anchoring | undefined;
  readonly artifacts: Artifacts;
  readonly metrics: Metrics;
  readonly secret: InstanceSecret;
  readonly clock: Clock;
}

interface PageLink {
  readonly url: string;
  readonly until: number;
}

// Long enough to read and to come back to, short enough that one that was passed on is soon worthless.
const LINK_FOR_MS = 60 * 60_000;
// Less than this and the next commits fail.
const LEAST_FREE_BYTES = 16 * 1024 * 1024;
// A page does not wait longer for Slack to say what people are called.
const NAMES_WITHIN_MS = 1500;

/** What is answered over HTTP beside Slack: health, figures, and the pages of runs. */
export function openWeb(deps: Deps): void {
  const { http, live, store, engine, servers, slack, anchoring, artifacts, metrics, secret, clock } = deps;
  store.commits.listen((durationMs, isOnDisk) => metrics.committed(durationMs, isOnDisk));
  metrics.watch({
    runs: () => store.figures.runsByStatus(),
    gatesWaiting: () => store.figures.gatesWaiting(),
    locksWaiting: () => store.figures.locksWaiting(),
    logEvents: () => store.figures.events(),
    steps: () => engine.work.countByKind(),
    outboxBacklog: () => slack.backlog,
    slackConnections: () => slack.connected,
    argocd: () => Array.from(servers, ([name, { cache }]) => ({ name, ...cache.health() })),
    anchors: () => anchoring?.standings() ?? [],
  });
  for (const route of statusRoutes({ metrics, standings: () => standingsOf(deps) })) http.add(route);
  http.add(
    runRoute({
      keys: secret.keys("link"),
      clock,
      pageCommand: () => `${live.configuration.slack.commands.main} page`,
      view: (run) => engine.runs.view(run),
      events: (run) => store.events.readRun(run),
      readFile: (artifact) => artifacts.read(artifact),
      names: (pseudonyms) => namesOf(deps, pseudonyms),
    }),
  );
}

/** Makes links to the pages of runs; none where people have no address for this server. */
export function pageLinks({
  publicUrl,
  secret,
  clock,
}: Pick<Outside, "publicUrl" | "secret" | "clock">): (run: string) => PageLink | undefined {
  const [key] = secret.keys("link");
  if (publicUrl === undefined || key === undefined) return () => undefined;
  return (run) => {
    const until = clock.now() + LINK_FOR_MS;
    return { url: makeRunLink({ publicUrl, run, until, key }), until };
  };
}

async function standingsOf({ environment, store, servers, slack, anchoring }: Deps): Promise<Standings> {
  const argocd: Record<string, Standing> = {};
  for (const [name, { cache }] of servers) argocd[name] = cache.health().connected ? "ready" : "connecting";
  const anchors =
    anchoring && Object.fromEntries(anchoring.standings().map((target) => [target.name, ofAnchors(target)]));
  return { log: await logStanding(store, environment.dataFolder), slack: slack.standing, argocd, anchors };
}

function ofAnchors({ isFailing, lateMs }: AnchorStanding): Standing {
  if (isFailing) return "failing";
  return lateMs > 0 ? "late" : "ready";
}

async function logStanding({ commits }: Store, folder: string): Promise<Standing> {
  if (commits.isFailing) return "failing";
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < LEAST_FREE_BYTES ? "full" : "ready";
  } catch {
    return "failing";
  }
}

/** Names as Slack has them now; where it does not say in time, the ids by which Slack knows people. */
async function namesOf(
  { store, slack, clock }: Deps,
  pseudonyms: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const asked = Array.from(pseudonyms, async (pseudonym) => {
    const person = store.people.person(pseudonym);
    const machine = person === undefined ? undefined : tryMachine(person);
    if (machine !== undefined) return void names.set(pseudonym, machineText(machine));
    names.set(pseudonym, person?.user ?? "somebody whose name was deleted");
    const name = person === undefined ? undefined : await slack.directory.nameOf(person.user);
    if (name !== undefined) names.set(pseudonym, name);
  });
  await Promise.race([Promise.all(asked), clock.sleep(NAMES_WITHIN_MS)]);
  // What comes later does not change what is being shown.
  return new Map(names);
}
