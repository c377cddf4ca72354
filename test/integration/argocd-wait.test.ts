import { afterEach, describe, expect, it } from "vitest";

import { ApplicationCache } from "../../src/argocd/application-cache.ts";
import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { type Expectation, rememberBefore } from "../../src/argocd/expectation.ts";
import { infosOf } from "../../src/argocd/operation-identity.ts";
import type { Verdict } from "../../src/argocd/verdict.ts";
import { WatchStream } from "../../src/argocd/watch-stream.ts";
import { waitForApplication } from "../../src/argocd/wait-for-application.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { type Logger, silentLogger } from "../../src/platform/logger.ts";
import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { ApplicationDefinition } from "../../src/simulator/argocd-application-store.ts";
import type { ManifestSource } from "../../src/simulator/argocd-manifest-source.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";

const GOOD = "1".repeat(40);
const BETTER = "2".repeat(40);
const BROKEN = "3".repeat(40);
const REPOSITORY = "https://git.example.com/deploy.git";

const container = (image: string): object => ({
  spec: { containers: [{ name: "app", image: `registry.example.com/app:${image}` }] },
});
const deployment = (image: string): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "app" },
  spec: {
    replicas: 2,
    progressDeadlineSeconds: image === "broken" ? 2 : 600,
    selector: { matchLabels: { app: "app" } },
    template: { metadata: { labels: { app: "app" } }, ...container(image) },
  },
});
const hook = (name: string, phase: string): object => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, annotations: { "argocd.argoproj.io/hook": phase } },
  spec: { template: container("hook") },
});

const commits: Readonly<Record<string, Readonly<Record<string, readonly object[]>>>> = {
  [GOOD]: { plain: [deployment("1.0.0")], hooked: [deployment("1.0.0")] },
  [BETTER]: {
    plain: [deployment("1.1.0")],
    hooked: [hook("migrate", "PreSync"), deployment("1.1.0"), hook("warm-up", "PostSync")],
  },
  [BROKEN]: { plain: [deployment("broken")], hooked: [deployment("broken")] },
};

const manifests: ManifestSource = {
  references: () => Promise.resolve(new Map([["refs/heads/main", BETTER]])),
  commitName: (_repository, revision) =>
    Promise.resolve(Object.keys(commits).find((commit) => commit.startsWith(revision))),
  files: ({ commit, folder }) => {
    const found = commits[commit]?.[folder];
    return Promise.resolve(
      found && new Map(found.map((manifest, index) => [`${index}.json`, JSON.stringify(manifest)])),
    );
  },
  commit: () => Promise.resolve({ author: "Ana", date: "2026-01-01T00:00:00Z", message: "m", tags: [] }),
};

const application = (name: string, folder = "plain"): ApplicationDefinition => ({
  name,
  spec: {
    project: "default",
    source: { repoURL: REPOSITORY, path: folder, targetRevision: "main" },
    destination: { server: "https://kubernetes.default.svc", namespace: name },
    syncPolicy: { syncOptions: ["CreateNamespace=true"] },
  },
  liveRevisions: [GOOD],
});

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function aWorld(applications: readonly ApplicationDefinition[], compareEveryMs = 60_000) {
  const everything = ["get", "sync"].map((action) => ({
    resource: "applications",
    action,
    object: "*/*",
    effect: "allow" as const,
  }));
  const argocd = await startArgocdSimulator({
    clock: systemClock,
    speed: 20,
    gitRepositories: manifests,
    applications,
    accounts: [{ name: "quarterdeck", token: accountToken("quarterdeck"), policies: everything }],
    otherImages: { kind: "starts", afterMs: 2000 },
    images: { "registry.example.com/app:broken": { kind: "crashes", afterMs: 100 } },
  });
  closing.push(() => argocd.stop());
  const connection = connect(argocd.url, "quarterdeck", { compareEveryMs });
  const names = applications.map(({ name, namespace = "argocd" }) => ({ namespace, name }));
  await until(() => names.every((app) => connection.cache.find(app) !== undefined));
  return { argocd, connection };
}

/** A connection to one server: client, stream and cache, closed after the test. */
function connect(
  url: string,
  account: string,
  options: {
    readonly compareEveryMs?: number;
    readonly namespaces?: readonly string[];
    readonly logger?: Logger;
  } = {},
) {
  const common = { clock: systemClock, random: systemRandom, logger: options.logger ?? silentLogger };
  const filter = { namespaces: options.namespaces };
  const http = new ArgocdHttp({ url, token: accountToken(account), clock: systemClock, mayWrite: () => true });
  const client = new ArgocdClient({ http, clock: systemClock, random: systemRandom });
  const streamHealth = () => watch.health();
  const cache = new ApplicationCache({
    ...common,
    client,
    filter,
    compareEveryMs: options.compareEveryMs ?? 60_000,
    streamHealth,
  });
  const watch = new WatchStream({ ...common, http, filter, listener: cache });
  for (const part of [http, cache, watch]) closing.push(() => part[Symbol.asyncDispose]());
  watch.start();
  cache.start();
  return { client, cache };
}
type Connection = ReturnType<typeof connect>;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const timing = { settleMs: 150, degradedGraceMs: 200, startDeadlineMs: 20_000 };

let runs = 0;

/** Posts a sync and waits for it, as the steps do. */
async function deploy(
  connection: Connection,
  name: string,
  revision: string,
  options: { readonly posted?: () => Promise<void> } = {},
) {
  const app = { namespace: "argocd", name };
  const operation = { run: `run_${(runs += 1)}`, step: `promote/${name}`, attempt: 1 };
  const before = rememberBefore(await connection.client.getApplication(app));
  await connection.client.sync({ ...app, project: "default" }, { revision, infos: infosOf(operation) });
  const expectation: Expectation = {
    mode: "pin",
    revisions: [{ sourceIndex: 0, sha: revision }],
    operation,
    before,
    postedAtMs: systemClock.now(),
    timing,
  };
  await options.posted?.();
  const seen: Verdict[] = [];
  const outcome = await waitForApplication(
    { client: connection.client, cache: connection.cache, clock: systemClock },
    {
      app: { ...app, project: "default" },
      expectation,
      signal: AbortSignal.timeout(25_000),
      onProgress: ({ verdict }) => seen.push(verdict),
    },
  );
  return { outcome, kinds: seen.map(({ kind }) => kind), seen };
}

/** Whether the Application of that name shows, in the cluster, what a proof says. */
function isTrulyAt(argocd: ArgocdSimulator, name: string, revision: string): boolean {
  const state = argocd.application(name)?.status.operationState;
  return (
    state?.phase === "Succeeded" &&
    state.syncResult?.revision === revision &&
    argocd.application(name)?.status.health.status === "Healthy"
  );
}

describe("waiting, against a simulated Argo CD over HTTP", () => {
  it("proves a revision that comes up", async () => {
    const { argocd, connection } = await aWorld([application("web")]);
    const { outcome, kinds } = await deploy(connection, "web", BETTER);
    expect(outcome).toMatchObject({
      kind: "proven",
      evidence: { basis: "own-operation", changedNothing: false },
    });
    expect(kinds).toEqual(expect.arrayContaining(["settling", "healthy-candidate"]));
    expect(isTrulyAt(argocd, "web", BETTER)).toBe(true);
  });

  it("is not taken in by the health of before, and names the pods of a revision that does not come up", async () => {
    const { connection } = await aWorld([application("web")]);
    const { outcome, kinds } = await deploy(connection, "web", BROKEN);
    expect(outcome).toMatchObject({ kind: "failed", code: "argocd.degraded" });
    expect(kinds).not.toContain("proven");
    expect(outcome.kind === "failed" && outcome.resources.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["Deployment", "Pod"]),
    );
  });

  it("waits for the last hook, and shows the hooks", async () => {
    const { argocd, connection } = await aWorld([application("web", "hooked")]);
    const { outcome, seen } = await deploy(connection, "web", BETTER);
    expect(outcome.kind).toBe("proven");
    const hooks = seen.flatMap((verdict) =>
      verdict.kind === "running" ? verdict.progress.hooks.map(({ name }) => name) : [],
    );
    expect([...new Set(hooks)]).toEqual(["migrate", "warm-up"]);
    expect(isTrulyAt(argocd, "web", BETTER)).toBe(true);
  });

  it("proves the same revision once more, and says that nothing changed", async () => {
    const { connection } = await aWorld([application("web")]);
    const { outcome } = await deploy(connection, "web", GOOD);
    expect(outcome).toMatchObject({ kind: "proven", evidence: { changedNothing: true } });
  });

  it("fails at once when the operation does", async () => {
    const { connection } = await aWorld([application("web")]);
    const { outcome } = await deploy(connection, "web", "9".repeat(40));
    expect(outcome).toMatchObject({ kind: "failed", code: "argocd.sync-error" });
  });

  it("fails when somebody takes the application elsewhere before it is proven", async () => {
    const { argocd, connection } = await aWorld([application("web")]);
    const { outcome } = await deploy(connection, "web", BETTER, {
      posted: async () => {
        await until(() => argocd.application("web")?.status.operationState?.phase === "Succeeded");
        await argocd.control({ action: "start-operation", application: "web", revisions: [GOOD], username: "ana" });
      },
    });
    expect(outcome).toMatchObject({
      kind: "failed",
      code: "argocd.superseded",
      message: expect.stringContaining("by ana"),
    });
  });

  it("fails when the application is deleted meanwhile", async () => {
    const { argocd, connection } = await aWorld([application("web")]);
    const { outcome } = await deploy(connection, "web", BETTER, {
      posted: () => argocd.control({ action: "delete-application", application: "web", cascade: true }),
    });
    expect(outcome.kind === "failed" && outcome.code).toMatch(/^argocd\.(?:gone|deleting)$/u);
  });

  it("waits for a controller that is away, and goes on when it is back", async () => {
    const { argocd, connection } = await aWorld([application("web")]);
    await argocd.control({ action: "set-component", component: "controller", state: "down" });
    const { outcome, kinds } = await deploy(connection, "web", BETTER, {
      posted: async () => {
        void systemClock
          .sleep(300)
          .then(() => argocd.control({ action: "set-component", component: "controller", state: "up" }));
        await Promise.resolve();
      },
    });
    expect(kinds[0]).toBe("pending");
    expect(outcome.kind).toBe("proven");
  });

  it("reports a failure without the pods when the tree cannot be read", async () => {
    const { argocd, connection } = await aWorld([application("web")]);
    await argocd.control({ action: "add-fault", fault: { kind: "html", status: 403, matching: "resource-tree" } });
    const { outcome } = await deploy(connection, "web", BROKEN);
    expect(outcome).toMatchObject({ kind: "failed", code: "argocd.degraded", resources: [{ kind: "Deployment" }] });
  });

  it("loses nothing when streams are cut, ended and failed again and again while 20 applications are deployed", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
    const { argocd, connection } = await aWorld(names.map((name) => application(name)));
    const stop = { now: false };
    const trouble = (async () => {
      const effects = ["cut", "end", "fail"] as const;
      for (let round = 0; !stop.now; round += 1) {
        await argocd.control({ action: "disturb-streams", effect: effects[round % effects.length] ?? "cut" });
        await argocd.control({
          action: "set-new-streams",
          replaysBefore: round % 2 === 0,
          dropsAfterReplay: round % 3,
        });
        await systemClock.sleep(150);
      }
    })();
    for (let round = 0; connection.cache.health().connections < 3; round += 1) {
      const revision = round % 2 === 0 ? BETTER : GOOD;
      const results = await Promise.all(
        names.map((name, index) => deploy(connection, name, index % 4 === 0 ? BROKEN : revision)),
      );
      for (const [index, { outcome }] of results.entries()) {
        if (index % 4 === 0) expect(outcome).toMatchObject({ kind: "failed", code: "argocd.degraded" });
        else expect(outcome).toMatchObject({ kind: "proven", evidence: { basis: "own-operation" } });
      }
    }
    stop.now = true;
    await trouble;
  });

  it("finds by comparing what a stream dropped without a word", async () => {
    const { argocd, connection } = await aWorld([application("web")], 200);
    const { outcome } = await deploy(connection, "web", BETTER, {
      posted: () => argocd.control({ action: "drop-frames", count: 1000 }),
    });
    expect(outcome.kind).toBe("proven");
  });

  it("follows the cache's other listeners: a copy that one wait reads is new to all", async () => {
    const { connection } = await aWorld([application("web"), application("api")]);
    const heard: string[] = [];
    connection.cache.subscribe({ namespace: "argocd", name: "web" }, ({ kind }) => heard.push(kind));
    await deploy(connection, "web", BETTER);
    expect(heard).toContain("changed");
    expect(connection.cache.find({ namespace: "argocd", name: "web" })?.status.operationState?.phase).toBe("Succeeded");
  });
});

describe("a connection", () => {
  it("shows that a token is refused, and reads nothing with it", async () => {
    const { argocd } = await aWorld([application("web")]);
    const warned: unknown[] = [];
    const logger: Logger = { ...silentLogger, warn: (_message, fields) => warned.push(fields?.["code"]) };
    const connection = connect(argocd.url, "stranger", { logger });
    await until(() => warned.length > 0);
    expect(warned).toEqual(["argocd.auth"]);
    expect(connection.cache.health().connected).toBe(false);
    expect(connection.cache.find({ namespace: "argocd", name: "web" })).toBeUndefined();
  });

  it("drops what comes from namespaces that are not asked for", async () => {
    const elsewhere = { ...application("web"), namespace: "team-b" };
    const { argocd } = await aWorld([application("web"), elsewhere]);
    const connection = connect(argocd.url, "quarterdeck", { namespaces: ["team-b"] });
    await until(() => connection.cache.find({ namespace: "team-b", name: "web" }) !== undefined);
    expect(connection.cache.find({ namespace: "argocd", name: "web" })).toBeUndefined();
  });

  it("answers the questions that tell whether it is set up right", async () => {
    const { connection } = await aWorld([application("web")]);
    expect(await connection.client.version()).toMatch(/^v3\.5/u);
    expect(await connection.client.userInfo()).toMatchObject({ loggedIn: true, username: "quarterdeck" });
    expect(await connection.client.listApplications()).toMatchObject([{ metadata: { name: "web" } }]);
  });
});
