import { describe, expect, it } from "vitest";

import { errorCode } from "../../../../src/platform/errors.ts";
import type { HealthStep } from "../../../sim/argocd/rollout-plan.ts";
import { isAt, spanAt, wasHealthyAt } from "../../../sim/argocd/argocd-truth.ts";
import { shaOf } from "../../../sim/git/sha-of.ts";
import { ADDRESS, APP, ArgocdRig, BEGIN_MS, C1, C2, C3, OURS, REPOSITORY } from "./argocd-rig.ts";

const healthyAfter = (afterMs: number): readonly HealthStep[] => [
  { afterMs: 0, status: "Progressing" },
  { afterMs, status: "Healthy" },
];

/** The code of the error with which the product's client rejects. */
async function codeOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return "none";
  } catch (error) {
    return errorCode(error) ?? "another error";
  }
}

describe("the simulated Argo CD, asked by the product's client", () => {
  it("answers every question that the client has", async () => {
    const rig = new ArgocdRig();
    const { client } = rig;
    expect(await client.version()).toBe("v3.5.1+sim");
    expect(await client.userInfo()).toEqual({ loggedIn: true, username: "quarterdeck" });
    expect(await client.settings()).toEqual({ url: "https://argocd.example.com" });
    const right = { resource: "applications", action: "sync", object: "default/checkout-staging" } as const;
    expect(await client.canI(right)).toBe(true);
    expect(await client.canI({ ...right, action: "delete" })).toBe(false);
    const [listed, ...others] = await client.listApplications();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({
      metadata: { name: "checkout-staging", namespace: "argocd" },
      status: { sync: { status: "OutOfSync", revision: C3 }, health: { status: "Healthy" } },
    });
    expect(await client.listApplications({ projects: ["other"] })).toEqual([]);
    expect(await client.syncWindows(ADDRESS)).toEqual({ canSync: true });
    expect((await client.resourceTree(ADDRESS)).map(({ kind }) => kind)).toEqual(["Service", "Deployment", "Pod"]);
    const [before, after] = [
      await client.manifests(ADDRESS, { revision: C1 }),
      await client.manifests(ADDRESS, { revision: C2 }),
    ];
    expect(before).toHaveLength(2);
    expect(before[0]).toBe(after[0]);
    expect(before[1]).not.toBe(after[1]);
    expect(await client.getApplication(ADDRESS)).toMatchObject({
      metadata: { uid: "uid-checkout-staging-1" },
      status: { history: [{ id: 0, revision: C1 }] },
    });
  });

  it("answers a POST with the operation set, the state of the one before gone, and resources without health", async () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "foreign-sync", app: APP, revision: C1 });
    rig.pass(10_000);
    expect(rig.read().status.operationState?.phase).toBe("Succeeded");
    const posted = await rig.client.sync(ADDRESS, { revision: C2, infos: [{ name: "Reason", value: 'a "reason"' }] });
    expect(posted.operation).toMatchObject({
      sync: { revision: C2 },
      initiatedBy: { username: "quarterdeck" },
      info: [{ name: "Reason", value: 'a "reason"' }],
    });
    expect(posted.status.operationState).toBeUndefined();
    expect(posted.status.resources.map(({ health }) => health)).toEqual([undefined, undefined]);
    expect(rig.read().status.resources.map(({ health }) => health?.status)).toEqual(["Healthy", "Healthy"]);
  });

  it("answers a refresh only after a comparison that began after it", () => {
    const rig = new ArgocdRig();
    rig.pass(5500);
    rig.refresh();
    expect(rig.looks).toEqual([]);
    rig.pass(3000);
    expect(rig.looks.map(({ application }) => application.status.reconciledAt)).toEqual(["2026-11-21T09:00:05Z"]);
  });

  it.each([
    ["a window that is closed", "argocd.window", { type: "close-window", app: "*" }],
    ["a right that is missing", "argocd.rbac", { type: "lose-rights", right: "sync", forMs: 1000 }],
    ["an account that sees nothing", "argocd.hidden", { type: "lose-rights", right: "get", forMs: 1000 }],
    ["a token that has run out", "argocd.auth", { type: "refuse-token", forMs: 1000 }],
    ["an operation of somebody else", "argocd.busy", { type: "foreign-sync", app: APP }],
    ["auto-sync", "argocd.auto-sync", { type: "auto-sync", app: APP, on: true }],
    ["a deletion", "argocd.deleting", { type: "delete", app: APP, takesMs: 1000, cascade: true }],
    ["an application that is gone", "argocd.gone", { type: "recreate", app: APP, afterMs: 1000 }],
  ] as const)("refuses a sync for %s", async (_what, code, act) => {
    const rig = new ArgocdRig();
    rig.world.act(act);
    expect(await codeOf(rig.client.sync(ADDRESS, { revision: C2, infos: [] }))).toBe(code);
    const { posts } = rig.world.truth;
    // Without a token nobody gets so far that anything is noted.
    if (code !== "argocd.auth") expect(posts).toMatchObject([{ kind: "sync", revision: C2, refused: {} }]);
    expect(posts.filter(({ operation }) => operation !== undefined)).toEqual([]);
  });

  it("refuses a rollback under auto-sync and to an entry that is not there, and an end where nothing runs", async () => {
    const rig = new ArgocdRig();
    const rollback = (historyId: number): Promise<string> =>
      codeOf(rig.client.rollback(ADDRESS, { historyId, prune: false }));
    expect(await rollback(7)).toBe("argocd.bad-request");
    expect(await codeOf(rig.client.terminate(ADDRESS))).toBe("argocd.no-operation");
    rig.sync(C2);
    // Accepted and not yet picked up: it cannot be ended.
    expect(await codeOf(rig.client.terminate(ADDRESS))).toBe("argocd.no-operation");
    expect(await rollback(0)).toBe("argocd.busy");
    rig.world.act({ type: "auto-sync", app: APP, on: true });
    expect(await rollback(0)).toBe("argocd.auto-sync-rollback");
  });

  it("refuses names that do not resolve, and believes 40 digits until it has to render them", async () => {
    const rig = new ArgocdRig();
    expect(await codeOf(rig.client.sync(ADDRESS, { revision: "nope", infos: [] }))).toBe("argocd.bad-revision");
    await rig.client.sync(ADDRESS, { revision: "1".repeat(40), infos: [] });
    rig.pass(5000);
    expect(rig.read().status.operationState).toMatchObject({
      phase: "Error",
      syncResult: { revision: "1".repeat(40) },
    });
    expect(rig.read().status.sync).toMatchObject({ status: "OutOfSync", revision: C3 });
  });

  it("without its repo-server resolves no names, renders nothing, and compares when it is back", async () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "repo-server-away", forMs: 20_000 });
    expect(await codeOf(rig.client.sync(ADDRESS, { revision: "main", infos: [] }))).toBe("argocd.transient-repo");
    expect(await codeOf(rig.client.manifests(ADDRESS, { revision: C1 }))).toBe("argocd.transient");
    await rig.client.sync(ADDRESS, { revision: C2, infos: [] });
    rig.pass(2000);
    expect(rig.read().status.operationState).toMatchObject({ phase: "Error" });
    rig.refresh();
    rig.pass(15_000);
    expect(rig.looks).toEqual([]);
    rig.pass(10_000);
    expect(rig.looks).toHaveLength(1);
  });
});

describe("the controller of the simulated Argo CD", () => {
  it("carries out what was asked for while it was away, with its infos, when it is back", () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "controller-away", forMs: 30_000 });
    rig.sync(C2);
    rig.refresh();
    rig.pass(29_000);
    expect(rig.looks).toEqual([]);
    expect(rig.read().status.operationState).toBeUndefined();
    rig.pass(10_000);
    expect(rig.looks).toHaveLength(1);
    expect(rig.read().status.operationState).toMatchObject({ phase: "Succeeded", operation: { info: { length: 3 } } });
    expect(rig.world.truth.operations).toMatchObject([{ identity: OURS, phase: "Succeeded" }]);
  });

  it("keeps a rollback in a closed window running until it opens, and lets a sync by hand through where the window does", async () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "close-window", app: APP });
    await rig.client.rollback(ADDRESS, { historyId: 0, prune: false });
    rig.pass(10_000);
    expect(rig.read().status.operationState).toMatchObject({
      phase: "Running",
      message: "Sync operation blocked by sync window",
    });
    expect(await codeOf(rig.client.sync(ADDRESS, { revision: C2, infos: [] }))).toBe("argocd.window");
    await rig.client.terminate(ADDRESS);
    rig.pass(10_000);
    expect(rig.read().status.operationState?.phase).toBe("Terminating");
    rig.world.act({ type: "open-window", app: APP });
    rig.pass(10_000);
    expect(rig.read().status.operationState).toMatchObject({ phase: "Failed", message: "Operation terminated" });
    rig.world.act({ type: "close-window", app: "*", manual: true });
    expect(await rig.client.syncWindows(ADDRESS)).toEqual({ canSync: true });
    await rig.client.sync(ADDRESS, { revision: C2, infos: [] });
  });

  it("keeps ten entries of history, with ids that go on", () => {
    const rig = new ArgocdRig();
    for (let index = 0; index < 12; index += 1) {
      rig.sync(index % 2 === 0 ? C2 : C3);
      rig.pass(10_000);
    }
    const { history } = rig.read().status;
    expect(history.map(({ id }) => id)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    rig.world.act({ type: "trim-history", app: APP, keep: 2 });
    expect(rig.read().status.history.map(({ id }) => id)).toEqual([11, 12]);
  });

  it("tries a sync that failed again, Running and with an end at the same time, as often as it is told", () => {
    const rig = new ArgocdRig({ app: { retryLimit: 2 }, plans: [{ revision: C2, sync: "fails" }] });
    rig.sync(C2);
    rig.pass(3000);
    const waiting = rig.read();
    expect(waiting.operation).toBeDefined();
    expect(waiting.status.operationState).toMatchObject({ phase: "Running", finishedAt: "2026-11-21T09:00:00Z" });
    rig.pass(30_000);
    expect(rig.read().status.operationState).toMatchObject({
      phase: "Failed",
      message: expect.stringContaining("(retried 2 times)"),
    });
    expect(rig.world.truth.spans.every(({ revision }) => revision === C1)).toBe(true);
  });

  it("does not begin the hook after a sync before the pods are Healthy, and is Synced and Healthy while it runs", () => {
    const rig = new ArgocdRig({
      app: { hooks: ["PostSync"] },
      plans: [{ hookMs: 20_000, health: healthyAfter(5000) }],
    });
    rig.sync(C3);
    rig.pass(4000);
    expect(rig.read().status.operationState?.message).toBe(
      "waiting for healthy state of apps/Deployment/checkout-staging",
    );
    rig.pass(6000);
    const during = rig.read();
    expect(during.status).toMatchObject({
      sync: { status: "Synced" },
      health: { status: "Healthy" },
      operationState: { phase: "Running", message: "waiting for completion of hook batch/Job/checkout-staging-warmup" },
    });
    rig.pass(20_000);
    expect(rig.read().status.operationState?.phase).toBe("Succeeded");
  });

  it("fails a sync whose pods break before the hook after it", () => {
    const rig = new ArgocdRig({
      app: { hooks: ["PostSync"] },
      plans: [
        {
          health: [
            { afterMs: 0, status: "Progressing" },
            { afterMs: 3000, status: "Degraded" },
          ],
        },
      ],
    });
    rig.sync(C3);
    rig.pass(10_000);
    expect(rig.read().status).toMatchObject({ operationState: { phase: "Failed" }, health: { status: "Degraded" } });
  });

  it("ends the operation of whoever was first when somebody syncs over it", () => {
    const rig = new ArgocdRig({
      app: { hooks: ["PreSync"] },
      plans: [{ hookMs: 30_000 }, { revision: C3, hookMs: 1000 }],
    });
    rig.sync(C2);
    rig.pass(2000);
    rig.world.act({ type: "foreign-sync", app: APP, revision: C3, by: "cem", over: true });
    rig.pass(10_000);
    const { operations } = rig.world.truth;
    expect(operations).toMatchObject([
      { identity: OURS, phase: "Failed", terminatedBy: "cem" },
      { by: "cem", revision: C3, phase: "Succeeded" },
    ]);
    expect(operations[0]).not.toHaveProperty("appliedAt");
  });
});

describe("an operation that is lost", () => {
  it("is gone from what is shown, and has succeeded in truth only when the history had taken it down", () => {
    const lostAt = (afterMs: number) => {
      const rig = new ArgocdRig();
      rig.sync(C2);
      rig.pass(afterMs);
      rig.world.act({ type: "lose-operation", app: APP });
      rig.pass(30_000);
      const { operation, status } = rig.read();
      const phase = rig.world.truth.operations[0]?.phase;
      return [operation, status.operationState?.phase, status.history.length, phase];
    };
    expect(lostAt(3)).toEqual([undefined, undefined, 1, "lost"]);
    const all = Array.from({ length: 400 }, (_, ms) => lostAt(ms));
    expect(all).toContainEqual([undefined, undefined, 2, "Succeeded"]);
    expect(all).toContainEqual([undefined, "Succeeded", 2, "Succeeded"]);
    expect(all.every(([, , history, phase]) => (history === 2) === (phase === "Succeeded"))).toBe(true);
  });
});

describe("somebody who waits for the product's requests", () => {
  it("comes so long after the one that was meant, to the application that it was about", () => {
    const rig = new ArgocdRig();
    const act = { type: "degrade", app: "argocd/another" } as const;
    rig.world.act({ type: "ambush", skip: 1, afterMs: 300, act });
    rig.sync(C2);
    rig.sync(C3);
    rig.pass(30_000);
    expect(spanAt(rig.world.truth, APP, rig.line.now())?.health).toBe("Healthy");
    rig.sync(C2);
    rig.pass(299);
    expect(spanAt(rig.world.truth, APP, rig.line.now())?.health).not.toBe("Degraded");
    rig.pass(1);
    expect(spanAt(rig.world.truth, APP, rig.line.now())?.health).toBe("Degraded");
    rig.world.act({ type: "heal", app: APP });
    rig.pass(30_000);
    rig.sync(C3);
    rig.pass(30_000);
    expect(rig.world.truth.spans.filter(({ health }) => health === "Degraded")).toHaveLength(1);
  });
});

describe("what others do after our operation", () => {
  it("may be the same once more, or another revision under our name", () => {
    const rig = new ArgocdRig();
    rig.sync(C2);
    rig.pass(30_000);
    rig.world.act({ type: "foreign-sync", app: APP, revision: "same", partial: true });
    rig.pass(30_000);
    rig.world.act({ type: "foreign-sync", app: APP, revision: C1, by: "cem" });
    rig.pass(30_000);
    rig.sync(C2);
    rig.pass(30_000);
    rig.world.act({ type: "foreign-sync", app: APP, revision: C3, copiesInfos: true });
    rig.pass(30_000);
    const told = rig.world.truth.operations.map(({ revision, by, identity }) => [revision, by, identity?.run]);
    expect(told).toEqual([
      [C2, "quarterdeck", "run_1"],
      [C2, "ben", undefined],
      [C1, "cem", undefined],
      [C2, "quarterdeck", "run_1"],
      [C3, "ben", "run_1"],
    ]);
  });

  it("may be an application made again, and synced to what ran there", () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "recreate", app: APP, afterMs: 1000, synced: true });
    rig.pass(30_000);
    expect(rig.world.truth.operations).toMatchObject([
      { uid: "uid-checkout-staging-2", revision: C1, phase: "Succeeded" },
    ]);
    expect(rig.read().status.history).toMatchObject([{ id: 0, revision: C1 }]);
  });

  it("may come right after a read", () => {
    const rig = new ArgocdRig();
    const act = { type: "degrade", app: "" } as const;
    rig.world.act({ type: "ambush", on: "read", skip: 1, afterMs: 0, act });
    rig.read();
    rig.pass(10);
    expect(spanAt(rig.world.truth, APP, rig.line.now())?.health).toBe("Healthy");
    rig.read();
    rig.pass(10);
    expect(spanAt(rig.world.truth, APP, rig.line.now())?.health).toBe("Degraded");
  });
});

describe("an application that is to be left alone", () => {
  it("is neither compared nor synced until that is over, and then catches up", () => {
    const rig = new ArgocdRig();
    rig.watch();
    rig.pass(10);
    rig.world.act({ type: "skip-reconcile", app: APP, forMs: 30_000 });
    // Whoever watches is not told, because the watch leaves annotations out.
    expect(rig.looks.splice(0).map(({ application }) => application.metadata.annotations)).toEqual([
      undefined,
      undefined,
    ]);
    expect(rig.read().metadata.annotations).toEqual({ "argocd.argoproj.io/skip-reconcile": "true" });
    rig.sync(C2);
    rig.refresh();
    rig.pass(29_000);
    expect(rig.looks.map(({ how }) => how)).toEqual(["MODIFIED"]);
    expect(rig.read().status.operationState).toBeUndefined();
    rig.pass(20_000);
    expect(rig.looks.filter(({ how }) => how === "refresh")).toHaveLength(1);
    expect(rig.read().status.operationState?.phase).toBe("Succeeded");
    expect(rig.read().metadata.annotations).toBeUndefined();
  });
});

describe("an ApplicationSet in the simulated Argo CD", () => {
  it("leaves the result of the operation before shown until its own begins", () => {
    const rig = new ArgocdRig({ app: { ownedBy: "voices" } });
    rig.sync(C2);
    rig.pass(30_000);
    rig.world.act({ type: "controller-away", forMs: 5000 });
    rig.world.act({ type: "rolling-sync", app: APP });
    const waiting = rig.read();
    expect(waiting.operation).toMatchObject({
      initiatedBy: { username: "applicationset-controller", automated: true },
    });
    expect(waiting.status.operationState).toMatchObject({ phase: "Succeeded", syncResult: { revision: C2 } });
    expect(waiting.metadata.ownerReferences).toEqual([{ kind: "ApplicationSet", name: "voices" }]);
    rig.pass(20_000);
    expect(rig.read().status.operationState).toMatchObject({ phase: "Succeeded", syncResult: { revision: C3 } });
  });

  it("puts back what somebody changes in its application", () => {
    const rig = new ArgocdRig({ app: { ownedBy: "voices" } });
    rig.world.act({ type: "change-source", app: APP, path: "elsewhere" });
    expect(rig.read().spec.source?.path).toBe("elsewhere");
    rig.pass(5000);
    expect(rig.read().spec.source?.path).toBe("checkout/staging");
    expect(rig.world.truth.specs.map(({ source }) => source.path)).toEqual([
      "checkout/staging",
      "elsewhere",
      "checkout/staging",
    ]);
  });
});

describe("auto-sync in the simulated Argo CD", () => {
  const push = (rig: ArgocdRig, name: string, paths: readonly string[]): void =>
    rig.git.act({ type: "push", repository: REPOSITORY, branch: "main", commits: [{ name, paths }] });

  it("syncs what is pushed, by itself", () => {
    const rig = new ArgocdRig({ app: { automated: true, deployed: [C3] } });
    push(rig, "c4", ["checkout/staging"]);
    rig.pass(300_000);
    const { status } = rig.read();
    expect(status.sync).toMatchObject({ status: "Synced", revision: shaOf("c4") });
    expect(status.operationState).toMatchObject({
      phase: "Succeeded",
      operation: { initiatedBy: { automated: true } },
    });
    expect(rig.world.truth.operations).toMatchObject([{ kind: "automated", revision: shaOf("c4") }]);
  });

  it("only moves the revision for a commit that touches something else", () => {
    const rig = new ArgocdRig({ app: { automated: true, deployed: [C3] } });
    push(rig, "docs", ["docs"]);
    rig.pass(300_000);
    const { status } = rig.read();
    expect(status.sync).toMatchObject({ status: "Synced", revision: shaOf("docs") });
    expect(status.operationState).toBeUndefined();
    expect(status.history).toHaveLength(1);
    // It is not what was applied, and yet it is what runs.
    const { truth } = rig.world;
    const span = spanAt(truth, APP, rig.line.now());
    expect(span?.revision).toBe(C3);
    expect([shaOf("docs"), C3, C2].map((sha) => span !== undefined && isAt(truth, span, sha))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("gives a commit up that fails, and says so", () => {
    const rig = new ArgocdRig({
      app: { automated: true, deployed: [C3] },
      plans: [{ revision: shaOf("c4"), sync: "fails" }],
    });
    push(rig, "c4", ["checkout/staging"]);
    rig.pass(900_000);
    rig.refresh();
    rig.pass(3000);
    expect(rig.read().status.conditions).toMatchObject([
      { type: "SyncError", message: expect.stringContaining(`Failed last sync attempt to [${shaOf("c4")}]`) },
    ]);
    expect(rig.world.truth.operations).toHaveLength(1);
  });

  it("takes an application that was pinned to the branch when it is switched on", () => {
    const rig = new ArgocdRig();
    rig.sync(C2);
    rig.pass(30_000);
    rig.world.act({ type: "auto-sync", app: APP, on: true });
    rig.pass(30_000);
    expect(rig.read().status).toMatchObject({ sync: { status: "Synced", revision: C3 } });
    expect(rig.world.truth.specs.map(({ specVersion, isAutoSynced }) => [specVersion, isAutoSynced])).toEqual([
      [1, false],
      [2, true],
    ]);
  });
});

describe("what is true in the simulated Argo CD", () => {
  it("is told apart from what the status shows: applied at once, healthy only when the pods are", () => {
    const rig = new ArgocdRig({ plans: [{ revision: C2, health: healthyAfter(9000), lagMs: 2000 }] });
    rig.sync(C2);
    rig.pass(30_000);
    const { truth } = rig.world;
    const [operation] = truth.operations;
    const appliedAt = operation?.appliedAt ?? 0;
    expect(spanAt(truth, APP, appliedAt)).toMatchObject({ revision: C2, health: "Progressing" });
    expect(spanAt(truth, APP, appliedAt - 1)).toMatchObject({ revision: C1, health: "Healthy" });
    const during = { app: APP, revision: C2, from: appliedAt + 9000, to: appliedAt + 20_000 };
    expect(wasHealthyAt(truth, during)).toBe(true);
    expect(wasHealthyAt(truth, { ...during, from: appliedAt + 8999 })).toBe(false);
    expect(wasHealthyAt(truth, { ...during, revision: C1 })).toBe(false);
  });

  it("shows the health of the pods before for as long as a plan wants", () => {
    const rig = new ArgocdRig({ plans: [{ revision: C2, health: healthyAfter(9000), lagMs: 4000 }] });
    rig.sync(C2);
    rig.pass(3000);
    expect(rig.read().status).toMatchObject({ operationState: { phase: "Succeeded" }, health: { status: "Healthy" } });
    rig.pass(4000);
    expect(rig.read().status.health.status).toBe("Progressing");
    rig.pass(6000);
    expect(rig.read().status.health.status).toBe("Healthy");
  });

  it("holds every read with what it could tell of the specification", () => {
    const rig = new ArgocdRig();
    rig.read();
    rig.world.act({ type: "change-source", app: APP, helmParameter: { name: "replicas", value: "3" } });
    const { spec } = rig.read();
    expect(rig.world.truth.reads).toMatchObject([
      { at: BEGIN_MS, specVersion: 1 },
      { at: BEGIN_MS, specVersion: 2 },
    ]);
    expect(spec.source).toEqual(rig.world.truth.specs.at(-1)?.source);
  });

  it("keeps the pods of an application that is made again, and notes when it was away", () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "recreate", app: APP, afterMs: 2000 });
    rig.pass(1000);
    expect(rig.world.truth.existence.at(-1)).toMatchObject({ exists: false });
    rig.pass(4000);
    const again = rig.read();
    expect(again.metadata.uid).toBe("uid-checkout-staging-2");
    expect(again.status).toMatchObject({ health: { status: "Healthy" }, history: [] });
    expect(rig.world.truth.existence.map(({ exists }) => exists)).toEqual([true, false, true]);
  });

  it("deletes the pods with the application where that is wanted", () => {
    const rig = new ArgocdRig();
    rig.watch();
    rig.pass(10);
    rig.world.act({ type: "delete", app: APP, takesMs: 1000, cascade: true });
    expect(rig.read().metadata.deletionTimestamp).toBe("2026-11-21T09:00:00Z");
    rig.pass(2000);
    expect(rig.looks.map(({ how }) => how)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(rig.world.truth.spans.at(-1)).toMatchObject({ health: "Missing", revision: "" });
  });
});

describe("the watch of the simulated Argo CD", () => {
  it("replays everything, then tells every change with a larger version", () => {
    const rig = new ArgocdRig();
    const stop = rig.watch();
    rig.pass(10);
    rig.sync(C3);
    rig.pass(60_000);
    const versions = rig.looks.map(({ application }) => Number(application.metadata.resourceVersion));
    expect(rig.looks[0]?.how).toBe("ADDED");
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(new Set(versions).size).toBe(versions.length);
    const seen = rig.looks.length;
    stop();
    rig.sync(C2);
    rig.pass(60_000);
    expect(rig.looks).toHaveLength(seen);
  });

  it("gives signs of life only when asked, and none after the end", () => {
    const rig = new ArgocdRig();
    const chunks: string[] = [];
    const stop = rig.world.watch("/api/v1/stream/applications", (chunk) => chunks.push(chunk), { keepaliveMs: 15_000 });
    rig.pass(60_000);
    expect(chunks.slice(1)).toEqual([":\n", ":\n", ":\n", ":\n"]);
    stop();
    rig.pass(60_000);
    expect(chunks).toHaveLength(5);
  });

  it("may come from a replica that lags behind: an older copy first, the newest later", () => {
    const rig = new ArgocdRig();
    rig.read();
    rig.world.act({ type: "change-source", app: APP, image: "registry.example.com/checkout:2" });
    rig.watch({ lagMs: 500 });
    rig.pass(400);
    const newest = rig.read().metadata.resourceVersion;
    expect(rig.looks[0]?.application.spec.source).not.toHaveProperty("kustomize");
    rig.pass(200);
    expect(rig.looks.at(-1)?.application.metadata.resourceVersion).toBe(newest);
  });

  it("is refused to a token that is not accepted, and silent for an account that sees nothing", () => {
    const rig = new ArgocdRig();
    rig.world.act({ type: "refuse-token", forMs: 1000 });
    expect(rig.world.refusalOfWatch()).toMatchObject({ status: 401 });
    rig.pass(2000);
    expect(rig.world.refusalOfWatch()).toBeUndefined();
    rig.world.act({ type: "lose-rights", right: "get", forMs: 60_000 });
    rig.watch();
    rig.sync(C2);
    rig.pass(10_000);
    expect(rig.looks).toEqual([]);
  });
});

describe("the luck of the simulated Argo CD", () => {
  const story = (seed: string): string => {
    const rig = new ArgocdRig({ seed });
    const chunks: string[] = [];
    rig.world.watch("/api/v1/stream/applications", (chunk) => chunks.push(`${rig.line.now()} ${chunk}`));
    rig.pass(10);
    rig.sync(C3);
    rig.pass(60_000);
    return chunks.join("") + JSON.stringify(rig.world.truth);
  };

  it("is the same for the same seed, byte for byte, and another for another", () => {
    expect(story("one")).toBe(story("one"));
    expect(story("one")).not.toBe(story("two"));
  });
});
