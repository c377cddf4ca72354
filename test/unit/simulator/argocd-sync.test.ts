import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Application, withOperation } from "../../../src/simulator/argocd-application.ts";
import { automaticOperation, syncErrorText } from "../../../src/simulator/argocd-auto-sync.ts";
import { compare, covers, resourceStatus } from "../../../src/simulator/argocd-comparison.ts";
import type { DesiredObject } from "../../../src/simulator/argocd-repo-server.ts";
import { firstWave, planSync, type SyncPlanInput, taskName } from "../../../src/simulator/argocd-sync-tasks.ts";
import { SyncWindow, SyncWindows } from "../../../src/simulator/argocd-sync-windows.ts";
import { type Manifest, refOf } from "../../../src/simulator/cluster-manifest.ts";
import type { LiveObject, ObjectStatus } from "../../../src/simulator/cluster-object.ts";

const REPOSITORY = "https://git.example.com/acme/deploy.git";

function manifest(kind: string, name: string, annotations: Record<string, string> = {}): Manifest {
  const apiVersion = { Deployment: "apps/v1", Job: "batch/v1" }[kind] ?? "v1";
  const named = Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`argocd.argoproj.io/${key}`, value]),
  );
  return { apiVersion, kind, metadata: { name, annotations: named } };
}

function desired(from: Manifest): DesiredObject {
  return { ref: refOf(from, "shop"), manifest: from };
}

function live(from: Manifest, status: ObjectStatus = { kind: "plain" }): LiveObject {
  return {
    ...desired(from),
    uid: from.metadata.name,
    createdAtMs: 0,
    resourceVersion: 1,
    generation: 1,
    status,
    application: "argocd/web",
    deleting: false,
  };
}

function application(syncPolicy: Application["spec"]["syncPolicy"] = {}): Application {
  const source = { repoURL: REPOSITORY, path: "web", targetRevision: "main" };
  const destination = { server: "https://kubernetes.default.svc", namespace: "shop" };
  const times = { creationTimestamp: "2026-01-01T10:00:00Z" };
  return {
    metadata: { name: "web", namespace: "argocd", uid: "u", resourceVersion: "1", generation: 1, ...times },
    spec: { project: "shop", source, destination, syncPolicy },
    status: { sync: { status: "", comparedTo: {} }, health: {}, summary: {}, sourceHydrator: {} },
  };
}

function attempted(base: Application, phase: "Succeeded" | "Failed", revision: string): Application {
  const operation = { sync: {}, initiatedBy: { automated: true as const }, retry: {} };
  const syncResult = { revision, source: { repoURL: REPOSITORY } };
  const operationState = { operation, phase, message: "no luck", startedAt: "", syncResult };
  return { ...base, status: { ...base.status, operationState } };
}

describe("a comparison", () => {
  test("is OutOfSync by what is missing, what differs and what is left over, but not by hooks", () => {
    const kept = manifest("Service", "kept");
    expect(compare([desired(kept)], [live(kept)]).sync).toBe("Synced");
    expect(compare([desired(kept)], []).sync).toBe("OutOfSync");
    expect(compare([], [live(kept)]).sync).toBe("OutOfSync");
    expect(compare([desired({ ...kept, spec: { replicas: 2 } })], [live(kept)]).sync).toBe("OutOfSync");
    const hook = manifest("Job", "migrate", { hook: "PreSync" });
    expect(compare([desired(kept), desired(hook)], [live(kept)]).sync).toBe("Synced");
    expect(compare([desired(kept)], [live(kept), live(hook)]).sync).toBe("Synced");
  });

  test("lists objects by group, kind and name, with their wave and what is to be pruned", () => {
    const wanted = [
      manifest("Deployment", "web", { "sync-wave": "2" }),
      manifest("Service", "web"),
      manifest("ConfigMap", "b"),
    ];
    const comparison = compare(wanted.map(desired), [live(manifest("ConfigMap", "a"))]);
    expect(comparison.objects.map(resourceStatus)).toEqual([
      { version: "v1", kind: "ConfigMap", namespace: "shop", name: "a", status: "OutOfSync", requiresPruning: true },
      { version: "v1", kind: "ConfigMap", namespace: "shop", name: "b", status: "OutOfSync" },
      { version: "v1", kind: "Service", namespace: "shop", name: "web", status: "OutOfSync" },
      {
        group: "apps",
        version: "v1",
        kind: "Deployment",
        namespace: "shop",
        name: "web",
        status: "OutOfSync",
        syncWave: 2,
      },
    ]);
  });

  const failed: ObjectStatus = { kind: "Job", phase: "Failed" };
  const running: ObjectStatus = { kind: "Job", phase: "Running" };

  test("takes the worst health of what is there; only all objects missing make the Application Missing", () => {
    const [a, b] = [manifest("Job", "a"), manifest("Job", "b")];
    expect(compare([desired(a), desired(b)], []).health).toBe("Missing");
    expect(compare([desired(a), desired(b)], [live(a, running)]).health).toBe("Progressing");
    expect(compare([desired(a), desired(b)], [live(a, running), live(b, failed)]).health).toBe("Degraded");
    expect(compare([], []).health).toBe("Healthy");
  });

  test("leaves hooks and objects that ask for it out of the health", () => {
    const service = manifest("Service", "web");
    const hook = live(manifest("Job", "hook", { hook: "PostSync" }), failed);
    const ignored = manifest("Job", "ignored", { "ignore-healthcheck": "true" });
    expect(compare([desired(service), desired(ignored)], [live(service), hook, live(ignored, failed)]).health).toBe(
      "Healthy",
    );
  });

  test("finds everything covered by itself and by more", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(covers(value, value)).toBe(true);
      }),
    );
    expect(covers({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } })).toBe(true);
    expect(covers({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(covers(null, { a: 1 })).toBe(false);
  });
});

describe("the plan of a sync", () => {
  const input = (changes: Partial<SyncPlanInput> = {}): SyncPlanInput => ({
    spec: application().spec,
    operation: { sync: {}, initiatedBy: {}, retry: {} },
    desired: [
      manifest("Deployment", "web"),
      manifest("ConfigMap", "late", { "sync-wave": "5" }),
      manifest("Job", "after", { hook: "PostSync" }),
      manifest("Service", "web"),
      manifest("Job", "before", { hook: "PreSync" }),
      manifest("ConfigMap", "first", { "sync-wave": "-1" }),
    ].map(desired),
    live: [live(manifest("ConfigMap", "old"))],
    hasNamespace: true,
    ...changes,
  });
  const names = (changes: Partial<SyncPlanInput> = {}): string[] =>
    planSync(input(changes)).map((task) => `${task.kind} ${taskName(task)}`);

  test("goes by phase, wave, kind and name", () => {
    expect(names()).toEqual([
      "hook batch/Job/before",
      "apply /ConfigMap/first",
      "prune /ConfigMap/old",
      "apply /Service/web",
      "apply apps/Deployment/web",
      "apply /ConfigMap/late",
      "hook batch/Job/after",
    ]);
  });

  test("begins with the namespace where it is to be made", () => {
    const operation = { sync: { syncOptions: ["CreateNamespace=true"] }, initiatedBy: {}, retry: {} };
    expect(names({ operation, hasNamespace: false })[0]).toBe("namespace /Namespace/shop");
    expect(names({ operation })[0]).toBe("hook batch/Job/before");
  });

  test("has no hooks with the strategy apply, nor when only some objects are selected", () => {
    const operation = { sync: { syncStrategy: { apply: {} } }, initiatedBy: {}, retry: {} };
    expect(names({ operation }).filter((name) => name.startsWith("hook"))).toEqual([]);
    const resources = [{ group: "", kind: "Service", name: "web" }];
    expect(names({ operation: { sync: { resources }, initiatedBy: {}, retry: {} } })).toEqual(["apply /Service/web"]);
  });

  test("is cut into waves", () => {
    const wave = firstWave(planSync(input()).slice(1));
    expect(wave.map(taskName)).toEqual(["/ConfigMap/first"]);
    expect(firstWave([])).toEqual([]);
  });
});

describe("an automated application", () => {
  const automated = application({ automated: {} });
  const outOfSync = compare([desired(manifest("Service", "web"))], []);
  const leftOver = compare([], [live(manifest("Service", "web"))]);

  test("is synced to what Git asks for, with five attempts", () => {
    expect(automaticOperation({ application: automated, revisions: ["r"], comparison: outOfSync })).toMatchObject({
      sync: { revision: "r" },
      initiatedBy: { automated: true },
      retry: { limit: 5 },
    });
  });

  test.each([
    ["synced by hand", application(), outOfSync],
    ["switched off", application({ automated: { enabled: false } }), outOfSync],
    ["Synced already", automated, compare([], [])],
    ["in an operation", withOperation(automated, { sync: {}, initiatedBy: {}, retry: {} }), outOfSync],
    ["left with something to prune only", automated, leftOver],
    ["tried at that revision", attempted(automated, "Failed", "r"), outOfSync],
    ["done with that revision", attempted(automated, "Succeeded", "r"), outOfSync],
  ])("is left alone when it is %s", (_, candidate, comparison) => {
    expect(automaticOperation({ application: candidate, revisions: ["r"], comparison })).toBeUndefined();
  });

  test.each([
    ["prunes", application({ automated: { prune: true } }), leftOver],
    ["heals itself", attempted(application({ automated: { selfHeal: true } }), "Succeeded", "r"), outOfSync],
    ["has a new revision", attempted(automated, "Failed", "before"), outOfSync],
  ])("is synced when it %s", (_, candidate, comparison) => {
    expect(automaticOperation({ application: candidate, revisions: ["r"], comparison })).toBeDefined();
  });

  test("says why it does not try again", () => {
    expect(syncErrorText(attempted(automated, "Failed", "r"), ["r"])).toBe("Failed last sync attempt to [r]: no luck");
    expect(syncErrorText(attempted(automated, "Failed", "r"), ["other"])).toBeUndefined();
    expect(syncErrorText(automated, ["r"])).toBeUndefined();
  });
});

describe("sync windows", () => {
  const applications = ["web"];
  const deny = { kind: "deny" as const, applications };
  const allow = { kind: "allow" as const, applications };

  test.each([
    ["none", [], true, true],
    ["an active deny", [deny], false, false],
    ["an active deny that lets people through", [{ ...deny, manualSync: true }], true, false],
    ["two denies of which one lets people through", [deny, { ...deny, manualSync: true }], false, false],
    ["a deny that is over", [{ ...deny, isActive: false }], true, true],
    ["an active allow", [allow], true, true],
    ["an allow that is over", [{ ...allow, isActive: false }], false, false],
    ["an allow that is over and lets people through", [{ ...allow, isActive: false, manualSync: true }], true, false],
    ["two allows of which one is active", [allow, { ...allow, isActive: false }], true, true],
    ["an active deny beside an active allow", [deny, allow], false, false],
    ["one for others", [{ ...deny, applications: ["api-*"] }], true, true],
    ["one for the namespace", [{ ...deny, applications: [], namespaces: ["sh*"] }], false, false],
  ])("with %s", (_, windows, manual, automatic) => {
    const all = new SyncWindows();
    all.set(
      "shop",
      windows.map((window) => SyncWindow.parse(window)),
    );
    expect(all.canSync(application(), true)).toBe(manual);
    expect(all.canSync(application(), false)).toBe(automatic);
  });
});
