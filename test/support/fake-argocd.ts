import { z } from "zod";

import { ApplicationCache } from "../../src/argocd/application-cache.ts";
import type { Application } from "../../src/argocd/application.ts";
import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdError } from "../../src/argocd/argocd-errors.ts";
import type { HttpCall } from "../../src/argocd/argocd-http.ts";
import type { ArgocdServer } from "../../src/argocd/argocd-server.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";

const SyncBody = z.looseObject({
  revision: z.string().optional(),
  revisions: z.array(z.string()).optional(),
  sourcePositions: z.array(z.number()).optional(),
  prune: z.boolean(),
  infos: z.array(z.object({ name: z.string(), value: z.string() })),
});
type SyncBody = z.infer<typeof SyncBody>;

const random = { bytes: (length: number): Buffer => Buffer.alloc(length), fraction: (): number => 0.5 };

/** The real client over an Argo CD that is a map of applications: what it holds and what goes wrong is in the test's hand. */
export class FakeArgocd {
  readonly server: ArgocdServer;
  /** By server name, as step kinds and the intake take them. */
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  /** The bodies of the syncs that arrived. */
  readonly syncs: SyncBody[] = [];
  /** Everything that was asked: `GET /api/v1/applications/checkout-prod`. */
  readonly calls: string[] = [];
  readonly applications = new Map<string, Application>();
  canSync = true;
  /** Whether the stream is there that feeds the cache. */
  connected = false;
  manifests: (revision: string) => readonly string[] = () => [];
  /** Called before each answer; what it throws is the answer. */
  before: (call: HttpCall) => void | Promise<void> = () => undefined;
  /** Called with each sync that arrives. */
  onSync: (name: string, body: SyncBody) => void = () => undefined;

  constructor(...applications: readonly Application[]) {
    for (const application of applications) this.put(application);
    // Reads that are repeated do not wait: the delays of the client have tests of their own.
    const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
    const client = new ArgocdClient({ http: { json: (call) => this.#answer(call) }, clock, random });
    const cache = new ApplicationCache({
      client,
      clock,
      random,
      logger: silentLogger,
      filter: {},
      compareEveryMs: 60_000,
      streamHealth: () => ({ connected: this.connected, connections: 0 }),
    });
    const url = "https://argocd.test";
    this.server = { url, uiUrl: () => url, client, cache };
    this.servers = new Map([["main", this.server]]);
  }

  put(application: Application): void {
    this.applications.set(application.metadata.name, application);
  }

  async #answer(call: HttpCall): Promise<unknown> {
    const { pathname, searchParams } = new URL(call.path, "https://argocd.test");
    const [name = "", below = ""] = pathname.replace("/api/v1/applications/", "").split("/");
    this.calls.push(`${call.method} ${pathname}`);
    call.signal?.throwIfAborted();
    await this.before(call);
    if (pathname === "/api/v1/session/userinfo") return { loggedIn: true, username: "quarterdeck" };
    if (below === "sync") return this.#sync(name, SyncBody.parse(call.body));
    if (below === "syncwindows") return { canSync: this.canSync };
    if (below === "manifests") {
      const revision = searchParams.get("revision") ?? searchParams.get("revisions") ?? "";
      return { manifests: this.manifests(revision) };
    }
    return below === "resource-tree" ? { nodes: [] } : this.#application(name);
  }

  #sync(name: string, body: SyncBody): Application {
    this.syncs.push(body);
    this.onSync(name, body);
    return this.#application(name);
  }

  #application(name: string): Application {
    const application = this.applications.get(name);
    if (application !== undefined) return application;
    throw new ArgocdError(`there is no application ${name}`, { class: "gone" });
  }
}
