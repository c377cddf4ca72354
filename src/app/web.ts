import { statfs } from "node:fs/promises";

import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { Anchoring, AnchorStanding } from "../audit/anchoring.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
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
import { namesOf } from "./names-of.ts";
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
