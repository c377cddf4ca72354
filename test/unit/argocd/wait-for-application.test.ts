import { afterEach, describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import type { Hint } from "../../../src/argocd/hint-listeners.ts";
import type { ApplicationAddress } from "../../../src/argocd/application-request.ts";
import { ArgocdError, type ArgocdErrorClass } from "../../../src/argocd/argocd-errors.ts";
import { TreeNode } from "../../../src/argocd/argocd-responses.ts";
import type { Expectation } from "../../../src/argocd/expectation.ts";
import { waitForApplication, type WaitRequest } from "../../../src/argocd/wait-for-application.ts";
import type { WaitProgress } from "../../../src/argocd/wait-news.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import {
  anApplication,
  anExpectation,
  anOperation,
  aState,
  at,
  atMs,
  ours,
  resource,
  SHA_A,
  SHA_B,
  SHA_C,
} from "./application-builder.ts";

const address: ApplicationAddress = { namespace: "argocd", name: "checkout-prod" };
const error = (kind: ArgocdErrorClass, retry: "never" | "backoff" = "backoff"): ArgocdError =>
  new ArgocdError(kind, { class: kind, retry });

/** An Argo CD that answers what the test says, and counts what it is asked. */
class FakeArgocd {
  readonly clock = new FakeClock(atMs(9));
  readonly calls = { get: 0, refresh: 0, tree: 0 };
  readonly asked: ApplicationAddress[] = [];
  live: Application | ArgocdError = anApplication({ version: 2, operation: anOperation(SHA_B, ours) });
  connected = true;
  /** What the cache has when the wait begins. */
  cached: Application | undefined;
  subscriptions = 0;
  tree: readonly TreeNode[] = [];
  readonly #listeners = new Set<(hint: Hint) => void>();
  readonly #refreshes: { resolve(application: Application): void; reject(reason: unknown): void }[] = [];

  readonly deps = {
    clock: this.clock,
    client: {
      getApplication: async (app: ApplicationAddress): Promise<Application> => {
        this.calls.get += 1;
        this.asked.push(app);
        await Promise.resolve();
        if (this.live instanceof ArgocdError) throw this.live;
        return this.live;
      },
      refreshApplication: (
        _app: ApplicationAddress,
        options: { readonly signal?: AbortSignal } = {},
      ): Promise<Application> => {
        this.calls.refresh += 1;
        return new Promise((resolve, reject) => {
          this.#refreshes.push({ resolve, reject });
          options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
      resourceTree: async (): Promise<readonly TreeNode[]> => {
        this.calls.tree += 1;
        return await Promise.resolve(this.tree);
      },
    },
    cache: {
      find: (): Application | undefined => this.cached,
      offer: (application: Application) => application,
      health: () => ({ connected: this.connected, connections: 1, applications: 1 }),
      subscribe: (_app: unknown, listener: (hint: Hint) => void): Disposable => {
        this.#listeners.add(listener);
        this.subscriptions += 1;
        return {
          [Symbol.dispose]: () => {
            this.#listeners.delete(listener);
            this.subscriptions -= 1;
          },
        };
      },
    },
  };

  /** The application changes, and the watch tells so. */
  async shows(application: Application): Promise<void> {
    this.live = application;
    await this.hints({ kind: "changed", application });
  }

  async hints(hint: Hint): Promise<void> {
    for (const listener of this.#listeners) listener(hint);
    await settle();
  }

  async answersRefresh(application: Application | ArgocdError): Promise<void> {
    if (!(application instanceof ArgocdError)) this.live = application;
    const waiting = this.#refreshes.shift();
    if (application instanceof ArgocdError) waiting?.reject(application);
    else waiting?.resolve(application);
    await settle();
  }
}

const aborts: AbortController[] = [];

async function start(argocd: FakeArgocd, parts: Partial<WaitRequest> = {}, expectation: Expectation = anExpectation()) {
  const stop = new AbortController();
  aborts.push(stop);
  const progress: WaitProgress[] = [];
  const request = {
    app: address,
    expectation,
    signal: stop.signal,
    onProgress: (now: WaitProgress) => progress.push(now),
    ...parts,
  };
  const outcome = waitForApplication(argocd.deps, request);
  const state: { ended: boolean } = { ended: false };
  outcome.then(
    () => (state.ended = true),
    () => (state.ended = true),
  );
  await settle();
  return {
    outcome,
    stop,
    progress,
    kinds: () => progress.map(({ verdict }) => verdict.kind),
    hasEnded: () => state.ended,
  };
}

afterEach(async () => {
  for (const stop of aborts.splice(0)) stop.abort();
  await settle();
});

const running = (version = 3): Application =>
  anApplication({
    version,
    operation: anOperation(SHA_B, ours),
    status: { operationState: aState(SHA_B, ours, "Running") },
  });
const succeeded = (version: number, more: object = {}): Application =>
  anApplication({
    version,
    status: {
      operationState: aState(SHA_B, ours, "Succeeded"),
      sync: { status: "OutOfSync", revision: SHA_A },
      reconciledAt: at(20),
      ...more,
    },
  });

describe("waitForApplication", () => {
  it("follows a sync to its proof with three reads: at the start, the refresh, and when the settle time is over", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(running());
    await argocd.shows(succeeded(4));
    expect(argocd.calls).toEqual({ get: 1, refresh: 1, tree: 0 });
    await argocd.answersRefresh(succeeded(5));
    await argocd.clock.advance(15_000);
    expect(await wait.outcome).toMatchObject({
      kind: "proven",
      evidence: { basis: "own-operation" },
    });
    expect(argocd.calls).toEqual({ get: 2, refresh: 1, tree: 0 });
    expect(wait.kinds()).toEqual(["pending", "running", "settling", "healthy-candidate"]);
  });

  it("begins with the copy of a living stream, and reads it where there is none", async () => {
    const living = new FakeArgocd();
    living.cached = running();
    const wait = await start(living);
    expect(living.calls.get).toBe(0);
    expect(wait.kinds()).toEqual(["running"]);
    const down = new FakeArgocd();
    down.cached = running();
    down.connected = false;
    await start(down);
    expect(down.calls.get).toBe(1);
    expect(down.asked).toEqual([{ ...address, project: "team-a" }]);
  });

  it("does not end on a copy of the cache alone", async () => {
    const argocd = new FakeArgocd();
    argocd.cached = anApplication({ metadata: { uid: "uid-0" } });
    const wait = await start(argocd);
    expect(argocd.calls.get).toBe(1);
    expect(wait.hasEnded()).toBe(false);
    expect(wait.kinds()).toEqual(["pending"]);
  });

  it("leaves nothing behind: no subscription, no timer", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(running());
    expect(argocd.clock.pendingTimers).toBe(1);
    expect(argocd.subscriptions).toBe(1);
    wait.stop.abort(new Error("cancelled"));
    await expect(wait.outcome).rejects.toThrow("cancelled");
    expect(argocd.clock.pendingTimers).toBe(0);
    expect(argocd.subscriptions).toBe(0);
  });

  it("reads before it believes a frame that says it failed", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    const failed = anApplication({
      version: 4,
      status: { operationState: aState(SHA_B, ours, "Failed", { message: "no" }) },
    });
    await argocd.shows(failed);
    expect(await wait.outcome).toMatchObject({ kind: "failed", code: "argocd.sync-failed" });
    expect(argocd.calls.get).toBe(2);
  });

  it("drops copies that are older than one it has seen", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(succeeded(9));
    await argocd.hints({ kind: "changed", application: running(3) });
    expect(wait.kinds()).toEqual(["pending", "settling"]);
  });

  it("asks with the project once it knows it, so that a missing application is told from a hidden one", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    argocd.live = error("gone", "never");
    await argocd.hints({ kind: "gone" });
    expect(await wait.outcome).toMatchObject({ kind: "failed", code: "argocd.gone" });
    expect(argocd.asked).toEqual([address, { ...address, project: "team-a" }]);
  });

  it("reads again when the cache lost sight of the application, and goes on when it is there after all", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.hints({ kind: "gone" });
    expect(argocd.calls.get).toBe(2);
    expect(wait.hasEnded()).toBe(false);
  });

  it("adds the pods that say why to a failure", async () => {
    const argocd = new FakeArgocd();
    argocd.tree = [
      TreeNode.parse({
        kind: "Pod",
        name: "checkout-1",
        namespace: "checkout",
        health: { status: "Degraded", message: "ImagePullBackOff" },
      }),
      TreeNode.parse({
        group: "apps",
        kind: "Deployment",
        name: "checkout",
        namespace: "checkout",
        health: { status: "Degraded" },
      }),
    ];
    const degraded = succeeded(4, {
      reconciledAt: at(21),
      health: { status: "Degraded" },
      resources: [resource("Deployment", "checkout", "Degraded", { group: "apps" })],
    });
    const timing = { settleMs: 15_000, degradedGraceMs: 0, startDeadlineMs: 1000 };
    const wait = await start(argocd, {}, anExpectation({ timing }));
    await argocd.shows(degraded);
    expect(await wait.outcome).toMatchObject({
      code: "argocd.degraded",
      resources: [
        { kind: "Deployment", name: "checkout" },
        { kind: "Pod", name: "checkout-1", message: "ImagePullBackOff" },
      ],
    });
  });
});

describe("waitForApplication: the refresh", () => {
  it("does not believe the answer to a refresh that was begun before the end was seen", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(succeeded(4));
    // Someone syncs the same again while the refresh is under way, and that ends unrefreshed.
    const again = aState(SHA_B, ours, "Succeeded", { startedAt: at(30), finishedAt: at(31) });
    await argocd.clock.advance(1000);
    await argocd.shows(succeeded(6, { operationState: again, reconciledAt: at(31) }));
    await argocd.answersRefresh(succeeded(7, { operationState: again, reconciledAt: at(31) }));
    expect(wait.kinds().at(-1)).toBe("settling");
    expect(argocd.calls.refresh).toBe(2);
  });

  it("goes on without one that hangs, by a comparison that began in a later second", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(succeeded(4));
    await argocd.clock.advance(40_000);
    await argocd.shows(succeeded(5, { reconciledAt: at(21) }));
    expect(wait.kinds().at(-1)).toBe("healthy-candidate");
    await argocd.clock.advance(15_000);
    expect(await wait.outcome).toMatchObject({ kind: "proven" });
  });

  it("asks for another one, not at once, when one fails", async () => {
    const argocd = new FakeArgocd();
    await start(argocd);
    await argocd.shows(succeeded(4));
    await argocd.answersRefresh(error("timeout"));
    expect(argocd.calls.refresh).toBe(1);
    await argocd.clock.advance(30_000);
    expect(argocd.calls.refresh).toBe(2);
  });
});

describe("waitForApplication: Argo CD is away", () => {
  it("waits an outage out and says since when", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(running());
    argocd.connected = false;
    argocd.live = error("unreachable");
    await argocd.hints({ kind: "disconnected" });
    await argocd.clock.advance(120_000);
    expect(wait.progress.at(-1)).toMatchObject({
      verdict: { kind: "running" },
      unreachableSinceMs: expect.any(Number),
    });
    const asked = argocd.calls.get;
    await argocd.clock.advance(60_000);
    expect(argocd.calls.get - asked).toBeLessThanOrEqual(3);
    argocd.live = succeeded(8);
    await argocd.clock.advance(30_000);
    expect(wait.progress.at(-1)).not.toHaveProperty("unreachableSinceMs");
    expect(wait.kinds().at(-1)).toBe("settling");
  });

  it("waits when Argo CD is away from the start", async () => {
    const argocd = new FakeArgocd();
    argocd.live = error("unreachable");
    const wait = await start(argocd);
    argocd.live = running();
    await argocd.clock.advance(2000);
    expect(wait.kinds()).toEqual(["running"]);
  });

  it.each(["rbac", "hidden"] as const)("gives up on what waiting does not mend: %s", async (kind) => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    argocd.live = error(kind, "never");
    await argocd.hints({ kind: "gone" });
    await expect(wait.outcome).rejects.toMatchObject({ code: `argocd.${kind}` });
  });

  it("gives people time to replace a token that has expired, says so, and goes on with the new one", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(running());
    argocd.live = error("auth", "never");
    await argocd.hints({ kind: "gone" });
    await argocd.clock.advance(9 * 60_000);
    expect(wait.progress.at(-1)).toMatchObject({ tokenRefused: true, unreachableSinceMs: expect.any(Number) });
    expect(wait.hasEnded()).toBe(false);
    argocd.live = succeeded(8);
    await argocd.clock.advance(30_000);
    expect(wait.progress.at(-1)).not.toHaveProperty("tokenRefused");
    argocd.live = error("auth", "never");
    await argocd.hints({ kind: "gone" });
    await argocd.clock.advance(11 * 60_000);
    await expect(wait.outcome).rejects.toMatchObject({ code: "argocd.auth" });
  });

  it("takes a sign-on page at the first call for a wrong configuration, and later for an outage", async () => {
    const first = new FakeArgocd();
    first.live = error("not-json", "never");
    await expect((await start(first)).outcome).rejects.toMatchObject({ code: "argocd.not-json" });
    const later = new FakeArgocd();
    const wait = await start(later);
    later.live = error("not-json", "never");
    await later.hints({ kind: "gone" });
    expect(wait.hasEnded()).toBe(false);
  });

  it("finds a change that the stream never told by reading seldom", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    argocd.live = succeeded(4);
    await argocd.clock.advance(29_000);
    expect(argocd.calls.get).toBe(1);
    await argocd.clock.advance(1000);
    expect(wait.kinds().at(-1)).toBe("settling");
  });

  it("reads every few seconds while there is no stream", async () => {
    const argocd = new FakeArgocd();
    argocd.connected = false;
    await start(argocd);
    await argocd.clock.advance(20_000);
    expect(argocd.calls.get).toBe(5);
  });
});

describe("waitForApplication: time", () => {
  it("asks nothing of a resting application but every two minutes", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(succeeded(4, { reconciledAt: at(21), health: { status: "Progressing" } }));
    await argocd.clock.advance(10 * 60_000);
    expect(wait.kinds().at(-1)).toBe("progressing");
    expect(argocd.calls.get).toBe(6);
  });

  it("is not confused by someone setting the clock", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    await argocd.shows(succeeded(4, { reconciledAt: at(21) }));
    argocd.clock.step(-3_600_000);
    await argocd.clock.advance(14_000);
    expect(wait.hasEnded()).toBe(false);
    await argocd.clock.advance(1000);
    expect(await wait.outcome).toMatchObject({ kind: "proven" });
  });

  it("shows the same only once", async () => {
    const argocd = new FakeArgocd();
    const wait = await start(argocd);
    for (let version = 3; version < 20; version += 1) await argocd.shows(running(version));
    expect(wait.kinds()).toEqual(["pending", "running"]);
  });
});

describe("waitForApplication: a branch that has moved on", () => {
  const { operation: _none, postedAtMs: _never, ...tracking } = anExpectation({ mode: "track" });
  const synced = anApplication({
    version: 4,
    status: { sync: { status: "Synced", revision: SHA_C }, reconciledAt: at(21) },
  });

  it("asks the repository once, and takes a descendant", async () => {
    const argocd = new FakeArgocd();
    argocd.live = synced;
    const questions: string[] = [];
    const isAncestor = async ({ ancestor, descendant }: { ancestor: string; descendant: string }): Promise<boolean> => {
      questions.push(`${ancestor}..${descendant}`);
      return await Promise.resolve(true);
    };
    const wait = await start(argocd, { isAncestor }, tracking);
    await argocd.clock.advance(15_000);
    expect(await wait.outcome).toMatchObject({ kind: "proven" });
    expect(questions).toEqual([`${SHA_B}..${SHA_C}`]);
  });

  it("asks again when that could not be told the first time", async () => {
    const argocd = new FakeArgocd();
    argocd.live = synced;
    const answers = [undefined, true];
    const wait = await start(argocd, { isAncestor: () => Promise.resolve(answers.shift()) }, tracking);
    expect(wait.kinds()).toEqual(["pending"]);
    await argocd.hints({ kind: "compared" });
    expect(wait.kinds()).toEqual(["pending", "healthy-candidate"]);
    expect(answers).toEqual([]);
  });

  it("waits when nobody can tell", async () => {
    const argocd = new FakeArgocd();
    argocd.live = synced;
    const wait = await start(argocd, {}, tracking);
    expect(wait.kinds()).toEqual(["pending"]);
  });
});
