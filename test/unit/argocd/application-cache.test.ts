import { afterEach, describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ApplicationCache } from "../../../src/argocd/application-cache.ts";
import type { Hint } from "../../../src/argocd/hint-listeners.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import { ListedApplication } from "../../../src/argocd/argocd-responses.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { anApplication, SHA_A, SHA_B } from "./application-builder.ts";

const app = { namespace: "argocd", name: "checkout-prod" };

class FakeServer {
  readonly clock = new FakeClock();
  listed: readonly ListedApplication[] | ArgocdError = [];
  live: Application | ArgocdError = anApplication({ version: 1 });
  connected = true;
  lists = 0;
  reads = 0;
  readonly cache = new ApplicationCache({
    client: {
      listApplications: async () => {
        this.lists += 1;
        await Promise.resolve();
        if (this.listed instanceof ArgocdError) throw this.listed;
        return this.listed;
      },
      getApplication: async () => {
        this.reads += 1;
        await Promise.resolve();
        if (this.live instanceof ArgocdError) throw this.live;
        return this.live;
      },
    },
    clock: this.clock,
    random: { bytes: () => Buffer.alloc(0), fraction: () => 0.5 },
    logger: silentLogger,
    filter: {},
    compareEveryMs: 120_000,
    streamHealth: () => ({ connected: this.connected, connections: 1 }),
  });

  heard(): readonly string[] {
    return this.#hints.map((hint) =>
      hint.kind === "changed" ? `changed ${hint.application.metadata.resourceVersion}` : hint.kind,
    );
  }

  readonly #hints: Hint[] = [];

  listen(): Disposable {
    return this.cache.subscribe(app, (hint) => this.#hints.push(hint));
  }
}

const servers: FakeServer[] = [];
function aServer(): FakeServer {
  const server = new FakeServer();
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.cache[Symbol.asyncDispose]();
});

const listed = (revision = SHA_A, health = "Healthy"): ListedApplication =>
  ListedApplication.parse({
    metadata: app,
    status: { sync: { status: "Synced", revision }, health: { status: health } },
  });

describe("ApplicationCache", () => {
  it("keeps the newest copy, and tells those who listen to that application alone", () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.cache.frame("MODIFIED", anApplication({ version: 9 }));
    server.cache.frame("MODIFIED", anApplication({ version: 9 }));
    server.cache.frame("ADDED", anApplication({ version: 7 }));
    server.cache.frame("ADDED", anApplication({ version: 20, metadata: { name: "web-prod" } }));
    expect(server.heard()).toEqual(["changed 5", "changed 9"]);
    expect(server.cache.find(app)?.metadata.resourceVersion).toBe("9");
    expect(server.cache.find({ ...app, name: "web-prod" })?.metadata.resourceVersion).toBe("20");
  });

  it("tells those who listen to all applications what changes and what goes, and lists what it has", () => {
    const server = aServer();
    const heard: string[] = [];
    const subscription = server.cache.subscribeToAll(({ namespace, name }, { kind }) =>
      heard.push(`${namespace}/${name} ${kind}`),
    );
    server.cache.frame("ADDED", anApplication({ version: 1 }));
    server.cache.closed();
    expect([...server.cache.applications()]).toHaveLength(1);
    server.cache.frame("DELETED", anApplication({ version: 2 }));
    subscription[Symbol.dispose]();
    server.cache.frame("ADDED", anApplication({ version: 3 }));
    expect(heard).toEqual(["argocd/checkout-prod changed", "argocd/checkout-prod gone"]);
  });

  it("compares versions as numbers", () => {
    const server = aServer();
    server.cache.frame("ADDED", anApplication({ version: 999 }));
    server.cache.frame("MODIFIED", anApplication({ version: 1000 }));
    expect(server.cache.find(app)?.metadata.resourceVersion).toBe("1000");
  });

  it("forgets a deleted application, unless the frame is older than a new one of that name", () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.cache.frame("DELETED", anApplication({ version: 6 }));
    expect(server.cache.find(app)).toBeUndefined();
    server.cache.frame("ADDED", anApplication({ version: 8, metadata: { uid: "uid-2" } }));
    server.cache.frame("DELETED", anApplication({ version: 6 }));
    expect(server.cache.find(app)?.metadata.uid).toBe("uid-2");
    expect(server.heard()).toEqual(["changed 5", "gone", "changed 8"]);
  });

  it("tells nobody who has left", () => {
    const server = aServer();
    const subscription = server.listen();
    subscription[Symbol.dispose]();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    expect(server.heard()).toEqual([]);
  });

  it("spends no timer on subscriptions", () => {
    const server = aServer();
    server.cache.start();
    for (let index = 0; index < 10_000; index += 1)
      server.cache.subscribe({ namespace: "argocd", name: `app-${index}` }, () => undefined);
    expect(server.clock.pendingTimers).toBe(1);
  });

  it("takes a copy that someone read", () => {
    const server = aServer();
    server.listen();
    server.cache.offer(anApplication({ version: 5 }));
    server.cache.offer(anApplication({ version: 4 }));
    expect(server.heard()).toEqual(["changed 5"]);
  });
});

describe("ApplicationCache: against gaps", () => {
  it("compares with the list soon after each connect, when Argo CD's own gap is over, and tells everyone", async () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.listed = [listed()];
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.heard()).toEqual(["changed 5", "compared"]);
    expect(server.reads).toBe(0);
  });

  it("reads what differs from the list again", async () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.listed = [listed(SHA_B)];
    server.live = anApplication({ version: 6, status: { sync: { status: "Synced", revision: SHA_B } } });
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.heard()).toEqual(["changed 5", "changed 6", "compared"]);
  });

  it("reads an application again whose labels changed without a word", async () => {
    const server = aServer();
    server.cache.frame("ADDED", anApplication({ version: 1 }));
    server.cache.opened();
    server.listed = [{ ...listed(), metadata: { ...app, labels: { "quarterdeck.dev/service": "web" } } }];
    await server.clock.advance(3000);
    expect(server.reads).toBe(1);
  });

  it("finds an operation that only the list shows", async () => {
    const server = aServer();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.listed = [ListedApplication.parse({ ...listed(), operation: { sync: {} } })];
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.reads).toBe(1);
  });

  it("believes a read over a higher version, as after a restored backup", async () => {
    const server = aServer();
    server.cache.frame("ADDED", anApplication({ version: 900 }));
    server.listed = [listed(SHA_B)];
    server.live = anApplication({ version: 6, status: { sync: { status: "Synced", revision: SHA_B } } });
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.cache.find(app)?.metadata.resourceVersion).toBe("6");
  });

  it("tells that an application is gone when the list lacks it", async () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.heard()).toEqual(["changed 5", "gone", "compared"]);
    expect(server.cache.find(app)).toBeUndefined();
  });

  it("tells it too when a read finds nothing", async () => {
    const server = aServer();
    server.listen();
    server.listed = [listed()];
    server.live = new ArgocdError("gone", { class: "gone" });
    server.cache.opened();
    await server.clock.advance(2000);
    expect(server.heard()).toEqual(["gone", "compared"]);
  });

  it("compares seldom after that, and soon again when that failed or a frame could not be read", async () => {
    const server = aServer();
    server.cache.start();
    await server.clock.advance(360_000);
    expect(server.lists).toBe(3);
    server.listed = new ArgocdError("away", { class: "unreachable" });
    await server.clock.advance(120_000 + 60_000);
    expect(server.lists).toBe(8);
    server.cache.unreadable();
    await server.clock.advance(2000);
    expect(server.lists).toBe(9);
  });

  it("is not put off by a stream that comes and goes", async () => {
    const server = aServer();
    for (let second = 0; second < 10; second += 1) {
      server.cache.opened();
      await server.clock.advance(1000);
    }
    expect(server.lists).toBeGreaterThanOrEqual(4);
  });

  it("stands in for a stream that is down, but only for what someone waits for", async () => {
    const server = aServer();
    server.connected = false;
    server.listed = [listed(), ListedApplication.parse({ ...listed(), metadata: { ...app, name: "web-prod" } })];
    server.listen();
    server.cache.start();
    await server.clock.advance(120_000);
    expect(server.heard()).toEqual(["changed 1", "compared"]);
    expect(server.reads).toBe(1);
  });

  it("tells everyone when the stream ends, and keeps its copies", () => {
    const server = aServer();
    server.listen();
    server.cache.frame("ADDED", anApplication({ version: 5 }));
    server.cache.closed();
    expect(server.heard()).toEqual(["changed 5", "disconnected"]);
    expect(server.cache.find(app)).toBeDefined();
  });

  it("stops comparing when it is disposed of", async () => {
    const server = aServer();
    server.cache.start();
    await server.cache[Symbol.asyncDispose]();
    server.cache.opened();
    await server.clock.advance(600_000);
    await settle();
    expect(server.lists).toBe(0);
    expect(server.clock.pendingTimers).toBe(0);
  });
});
