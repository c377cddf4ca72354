import { afterEach, describe, expect, test } from "vitest";

import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import { HttpFault } from "../../src/simulator/argocd-faults.ts";
import type { ArgocdSimulatorOptions } from "../../src/simulator/argocd-simulator.ts";
import { FakeClock } from "../support/fake-clock.ts";
import {
  application,
  at,
  type Answer,
  deployment,
  listAt,
  MemoryManifests,
  service,
  SimulatedWorld,
  textAt,
} from "./argocd-simulator-world.ts";

const OLD = "1111111111111111111111111111111111111111";
const NEW = "2222222222222222222222222222222222222222";
const APP = "/api/v1/applications/checkout-prod";

const manifests = (): MemoryManifests =>
  new MemoryManifests(NEW)
    .add(OLD, { "checkout/prod": [deployment("checkout", "registry.example.com/checkout:1"), service("checkout")] })
    .add(NEW, { "checkout/prod": [deployment("checkout", "registry.example.com/checkout:2"), service("checkout")] });

let world: SimulatedWorld;
afterEach(() => world.stop());

async function start(options: Partial<ArgocdSimulatorOptions> = {}): Promise<void> {
  world = await SimulatedWorld.start(new FakeClock(), {
    gitRepositories: manifests(),
    applications: [application("checkout-prod", { liveRevisions: [OLD] })],
    ...options,
  });
}

const sync = (body: object = {}): Promise<Answer> => world.send({ method: "POST", path: `${APP}/sync`, body });
const get = (path: string): Promise<Answer> => world.call({ method: "GET", path });
const phase = (): string => textAt(world.simulator.application("checkout-prod"), "status.operationState.phase");

describe("requests", () => {
  test.each(["application/json; charset=utf-8", "text/plain"])(
    "the content type %s is refused before anything else",
    async (type) => {
      await start();
      const answer = await world.send({
        method: "POST",
        path: `${APP}/sync`,
        as: null,
        body: {},
        headers: { "content-type": type },
      });
      expect(answer).toMatchObject({ status: 415, text: "Invalid content type\n" });
    },
  );

  test("the content type may be written in capitals", async () => {
    await start();
    const headers = { "content-type": "Application/JSON" };
    expect(await world.send({ method: "POST", path: `${APP}/sync`, body: {}, headers })).toMatchObject({ status: 200 });
  });

  test("a POST ignores its query, so that a project there protects from nothing", async () => {
    await start();
    const path = `${APP}/sync?project=other&appNamespace=elsewhere&dryRun=true`;
    const answer = await world.send({ method: "POST", path, body: {} });
    expect(answer.status).toBe(200);
    expect(at(answer.body, "operation.sync.dryRun")).toBeUndefined();
    expect(await sync({ project: "other" })).toMatchObject({ status: 404 });
  });

  test("another method on a known path is refused in plain text", async () => {
    await start();
    const answer = await world.send({
      method: "DELETE",
      path: `${APP}/sync`,
      headers: { "content-type": "application/json" },
    });
    expect(answer).toMatchObject({ status: 405, text: "Method Not Allowed\n" });
  });

  test("two projects are too many for one Application", async () => {
    await start();
    expect(await get(`${APP}?projects=a&projects=b`)).toMatchObject({
      status: 400,
      body: { code: 3, message: "multiple projects specified - the get endpoint accepts either zero or one project" },
    });
  });

  test("an empty list is null, and a list has neither the health of objects nor fields that are not on the list", async () => {
    await start();
    expect((await get("/api/v1/applications?name=nope")).body).toMatchObject({ items: null });
    const [full] = listAt((await get("/api/v1/applications")).body, "items");
    expect(at(full, "status.resources.0.health")).toBeUndefined();
    expect(at((await get(APP)).body, "status.resources.0.health.status")).toBe("Healthy");
    const fields = "fields=items.metadata.name,items.metadata.uid,items.status.health,items.status.reconciledAt";
    expect((await get(`/api/v1/applications?${fields}`)).body).toEqual({
      items: [{ metadata: { name: "checkout-prod" }, status: { health: at(full, "status.health") } }],
    });
  });

  test("a label selector narrows the list", async () => {
    await start();
    const names = async (selector: string): Promise<number> =>
      listAt((await get(`/api/v1/applications?selector=${encodeURIComponent(selector)}`)).body, "items").length;
    expect(await names("quarterdeck.dev/service=checkout,quarterdeck.dev/environment in (prod, qa)")).toBe(1);
    expect(await names("quarterdeck.dev/service!=checkout")).toBe(0);
  });

  test("an account may read itself and nobody else", async () => {
    await start();
    expect(await get("/api/v1/account/quarterdeck")).toMatchObject({ status: 200, body: { name: "quarterdeck" } });
    expect(await get("/api/v1/account/weak")).toMatchObject({ status: 403 });
  });

  test("an application in another namespace is found by its namespace only", async () => {
    await start({ applications: [application("checkout-prod", { namespace: "team-a" })] });
    expect(await get(APP)).toMatchObject({ status: 403, body: { message: "permission denied" } });
    await world.simulator.control({
      action: "set-policies",
      account: "quarterdeck",
      policies: [{ resource: "applications", action: "get", object: "default/*" }],
    });
    expect(await get(`${APP}?appNamespace=team-a`)).toMatchObject({ status: 200 });
    expect(await get(`${APP}?appNamespace=team-a&project=default`)).toMatchObject({ status: 200 });
  });
});

describe("what is read about an application", () => {
  test("the tree holds what was applied, what grew out of it, and what is missing", async () => {
    await start();
    const nodes = listAt((await get(`${APP}/resource-tree`)).body, "nodes");
    expect(nodes.map((node) => `${textAt(node, "kind")} ${textAt(node, "health.status")}`)).toEqual([
      "Pod Healthy",
      "Pod Healthy",
      "Service Healthy",
      "Deployment Healthy",
      "ReplicaSet Healthy",
    ]);
    expect(textAt(nodes[0], "parentRefs.0.uid")).toBe(textAt(nodes[4], "uid"));
    await world.simulator.control({
      action: "create-application",
      definition: application("checkout-prod", { name: "new" }),
    });
    const missing = listAt((await get("/api/v1/applications/new/resource-tree")).body, "nodes");
    expect(missing.map((node) => at(node, "uid"))).toEqual([undefined, undefined]);
  });

  test("the difference between Git and the cluster is two texts of JSON", async () => {
    await start();
    const items = listAt((await get(`${APP}/managed-resources`)).body, "items");
    const changed = items.find((item) => textAt(item, "kind") === "Deployment");
    expect(at(changed, "modified")).toBe(true);
    const image = "spec.template.spec.containers.0.image";
    expect(textAt(JSON.parse(textAt(changed, "normalizedLiveState")), image)).toBe("registry.example.com/checkout:1");
    expect(textAt(JSON.parse(textAt(changed, "predictedLiveState")), image)).toBe("registry.example.com/checkout:2");
    const live = `${APP}/resource?group=apps&kind=Deployment&namespace=checkout-prod&resourceName=checkout&version=v1`;
    expect(textAt(JSON.parse(textAt((await get(live)).body, "manifest")), "metadata.uid")).not.toBe("");
  });

  test("manifests of a revision that cannot be had are refused", async () => {
    await start();
    expect(await get(`${APP}/manifests?revision=nope`)).toMatchObject({
      status: 500,
      body: { message: "unable to resolve 'nope' to a commit SHA" },
    });
  });

  test("events tell who started what and how it ended", async () => {
    await start();
    await sync({ revision: NEW });
    await world.clock.advance(2000);
    const events = listAt((await get(`${APP}/events`)).body, "items");
    const told = events.map((event) => `${textAt(event, "reason")}: ${textAt(event, "message")}`);
    expect(told).toContain(`OperationStarted: quarterdeck initiated sync to ${NEW}`);
    expect(told).toContain(`OperationCompleted: Sync operation to ${NEW} succeeded`);
    expect(told.at(-1)).toBe("ResourceUpdated: Updated health status: Progressing -> Healthy");
  });
});

test("where Git cannot be rendered nothing is known, and the revision is as it is spelt", async () => {
  const git = manifests();
  await start({ gitRepositories: git });
  git.main = "3333333333333333333333333333333333333333";
  const answer = await get(`${APP}?refresh=normal`);
  expect(at(answer.body, "status")).toMatchObject({
    sync: { status: "Unknown", revision: "main" },
    health: { status: "Healthy" },
    conditions: [{ type: "ComparisonError", message: expect.stringContaining("upload-pack: not our ref 3333") }],
    resources: [
      { kind: "Service", status: "Unknown" },
      { kind: "Deployment", status: "Unknown" },
    ],
  });
  expect(at(answer.body, "status.resources.0.requiresPruning")).toBeUndefined();
  git.main = OLD;
  expect(at((await get(`${APP}?refresh=normal`)).body, "status.conditions")).toBeUndefined();
});

describe("operations", () => {
  test("a failed sync is tried again: phase Running with a time of its end, then anew", async () => {
    await start();
    await world.simulator.control({ action: "set-component", component: "repo-server", state: "down" });
    await sync({ revision: NEW, retryStrategy: { limit: 2, backoff: { duration: "5s", factor: 2 } } });
    await world.clock.advance(1000);
    const state = (): unknown => at(world.simulator.application("checkout-prod"), "status.operationState");
    expect(state()).toMatchObject({ phase: "Running", retryCount: 1 });
    expect(textAt(state(), "finishedAt")).not.toBe("");
    expect(textAt(state(), "message")).toMatch(/connection refused.*\. Retrying attempt #1 at 10:00AM\.$/u);
    await world.simulator.control({ action: "set-component", component: "repo-server", state: "up" });
    await world.clock.advance(5000);
    expect(state()).toMatchObject({ phase: "Succeeded", retryCount: 1 });
  });

  test("the last of several failures says how often it was tried", async () => {
    await start();
    await world.simulator.control({ action: "set-component", component: "repo-server", state: "down" });
    await sync({ revision: NEW, retryStrategy: { limit: 1 } });
    await world.clock.advance(20_000);
    expect(phase()).toBe("Error");
    const state = at(world.simulator.application("checkout-prod"), "status.operationState");
    expect(textAt(state, "message")).toMatch(/ \(retried 1 times\)\.$/u);
  });

  test("another's operation right behind ours takes its place", async () => {
    await start();
    await sync({ revision: NEW, infos: [{ name: "quarterdeck.run", value: "ours" }] });
    await world.clock.advance(2000);
    await world.simulator.control({
      action: "start-operation",
      application: "checkout-prod",
      username: "ana",
      revisions: [OLD],
    });
    expect(world.simulator.application("checkout-prod")).toMatchObject({
      operation: { initiatedBy: { username: "ana" }, sync: { revision: OLD } },
      status: { history: [{ id: 0 }, { id: 1, initiatedBy: { username: "quarterdeck" } }] },
    });
    expect(phase()).toBe("");
    expect(await sync()).toMatchObject({
      status: 400,
      body: { code: 9, message: "another operation is already in progress" },
    });
  });

  test("without a controller an operation stays pending, cannot be ended, and is carried out when it is back", async () => {
    await start();
    await world.simulator.control({ action: "set-component", component: "controller", state: "down" });
    await sync({ revision: NEW, infos: [{ name: "quarterdeck.run", value: "kept" }] });
    const refresh = world.send({ method: "GET", path: `${APP}?refresh=normal` });
    await world.clock.advance(600_000);
    expect(phase()).toBe("");
    const headers = { "content-type": "application/json" };
    expect(await world.send({ method: "DELETE", path: `${APP}/operation`, headers })).toMatchObject({
      status: 400,
      body: { code: 3, message: "Unable to terminate operation. No operation is in progress" },
    });
    await world.simulator.control({ action: "set-component", component: "controller", state: "up" });
    await world.clock.advance(3000);
    expect(await refresh).toMatchObject({ status: 200 });
    expect(world.simulator.application("checkout-prod")).toMatchObject({
      status: { operationState: { phase: "Succeeded", operation: { info: [{ value: "kept" }] } } },
    });
  });

  test("an application that the controller is told to skip never starts, until it no longer is", async () => {
    await start();
    const skip = "argocd.argoproj.io/skip-reconcile";
    await world.simulator.control({
      action: "annotate",
      application: "checkout-prod",
      annotations: { [skip]: "true" },
    });
    await sync({ revision: NEW });
    await world.clock.advance(60_000);
    expect(phase()).toBe("");
    await world.simulator.control({ action: "annotate", application: "checkout-prod", annotations: { [skip]: null } });
    await world.clock.advance(3000);
    expect(phase()).toBe("Succeeded");
  });

  test("without the repo-server a branch is refused as unavailable, and a full commit name ends in an error", async () => {
    await start();
    await world.simulator.control({ action: "set-component", component: "repo-server", state: "down" });
    const refused = await sync({ revision: "main" });
    expect(refused).toMatchObject({ status: 400, body: { code: 9 } });
    expect(textAt(refused.body, "message")).toMatch(/^error resolving repo revision: rpc error: code = Unavailable/u);
    expect(await sync({ revision: NEW })).toMatchObject({ status: 200 });
    await world.clock.advance(1000);
    expect(phase()).toBe("Error");
  });

  test("without Redis the tree fails and the rest goes on", async () => {
    await start();
    await world.simulator.control({ action: "set-component", component: "redis", state: "down" });
    expect(await get(`${APP}/resource-tree`)).toMatchObject({ status: 500 });
    expect(await get(APP)).toMatchObject({ status: 200 });
    expect(await sync({ revision: NEW })).toMatchObject({ status: 200 });
  });

  test("a partial sync touches what was selected and leaves no entry in the history", async () => {
    await start();
    await sync({ revision: NEW, resources: [{ kind: "Service", name: "checkout" }] });
    await world.clock.advance(3000);
    expect(phase()).toBe("Succeeded");
    const synced = world.simulator.application("checkout-prod");
    expect(listAt(synced, "status.history")).toHaveLength(1);
    expect(listAt(synced, "status.operationState.syncResult.resources")).toHaveLength(1);
  });

  test("an ApplicationSet undoes a change of what it owns a second later", async () => {
    await start({
      applications: [application("checkout-prod", { applicationSet: "checkouts", liveRevisions: [OLD] })],
    });
    const patch = JSON.stringify({ metadata: { labels: { mine: "yes" } }, spec: { source: { targetRevision: OLD } } });
    const answer = await world.call({ method: "PATCH", path: APP, body: { patchType: "merge", patch } });
    expect(textAt(answer.body, "spec.source.targetRevision")).toBe(OLD);
    expect(textAt(answer.body, "metadata.ownerReferences.0.kind")).toBe("ApplicationSet");
    await world.clock.advance(1500);
    const reverted = world.simulator.application("checkout-prod");
    expect(textAt(reverted, "spec.source.targetRevision")).toBe("main");
    expect(at(reverted, "metadata.labels.mine")).toBeUndefined();
  });

  test("an application that is being deleted refuses to sync, is gone, and comes back as another one", async () => {
    await start();
    const uid = textAt(world.simulator.application("checkout-prod"), "metadata.uid");
    const deleted = world.simulator.control({
      action: "delete-application",
      application: "checkout-prod",
      cascade: true,
    });
    expect(await sync()).toMatchObject({ status: 400, body: { code: 9, message: "application is deleting" } });
    await world.clock.advance(1000);
    await deleted;
    expect(await get(`${APP}?project=default`)).toMatchObject({ status: 404 });
    await world.simulator.control({ action: "create-application", definition: application("checkout-prod") });
    const again = world.simulator.application("checkout-prod");
    expect(textAt(again, "metadata.uid")).not.toBe(uid);
    expect(textAt(again, "status.health.status")).toBe("Missing");
  });

  test("pods that crash later turn the application back to Progressing, and those that recover to Healthy", async () => {
    await start();
    const health = (): string => textAt(world.simulator.application("checkout-prod"), "status.health.status");
    await world.simulator.control({ action: "set-pods", application: "checkout-prod", state: "crashing" });
    await world.clock.advance(200);
    expect(health()).toBe("Progressing");
    await world.simulator.control({ action: "set-pods", application: "checkout-prod", state: "ready" });
    await world.clock.advance(200);
    expect(health()).toBe("Healthy");
  });

  test("what somebody scales by hand is OutOfSync", async () => {
    const git = manifests();
    git.main = OLD;
    await start({ gitRepositories: git });
    const state = (): string => textAt(world.simulator.application("checkout-prod"), "status.sync.status");
    expect(state()).toBe("Synced");
    await world.simulator.control({
      action: "scale",
      application: "checkout-prod",
      deployment: "checkout",
      replicas: 5,
    });
    await world.clock.advance(1000);
    expect(state()).toBe("OutOfSync");
    expect(world.simulator.state().applications[0]?.pods).toHaveLength(5);
  });
});

describe("who asks", () => {
  test("an expired token is refused", async () => {
    await start();
    await world.simulator.control({ action: "set-token", account: "quarterdeck", state: "expired" });
    expect(await get(APP)).toMatchObject({
      status: 401,
      body: { code: 16, message: "invalid session: token has invalid claims: token is expired" },
    });
  });

  test("where everybody is let in, an expired token becomes nobody: empty lists instead of a refusal", async () => {
    await start();
    await world.simulator.control({ action: "set-anonymous", policies: [] });
    await world.simulator.control({ action: "set-token", account: "quarterdeck", state: "expired" });
    expect((await get("/api/v1/applications")).body).toMatchObject({ items: null });
    expect((await get("/api/v1/session/userinfo")).body).toEqual({});
    expect(await get(APP)).toMatchObject({ status: 403, body: { message: "permission denied" } });
  });
});

describe("faults", () => {
  const fault = (input: object): Promise<void> =>
    world.simulator.control({ action: "add-fault", fault: HttpFault.parse(input) });

  test("a page of a proxy in place of the answer, once", async () => {
    await start();
    await fault({ kind: "html", status: 502, times: 1 });
    const page = await get(APP);
    expect(page.status).toBe(502);
    expect(page.headers.get("content-type")).toBe("text/html");
    expect(await get(APP)).toMatchObject({ status: 200 });
  });

  test("any status, for the requests that fit", async () => {
    await start();
    await fault({ kind: "status", status: 503, code: 14, message: "transport is closing", matching: "^POST " });
    expect(await sync()).toMatchObject({ status: 503, body: { code: 14, error: "transport is closing" } });
    expect(await get(APP)).toMatchObject({ status: 200 });
    await world.simulator.control({ action: "clear-faults" });
    expect(await sync()).toMatchObject({ status: 200 });
  });

  test("an answer that is lost after the sync was accepted", async () => {
    await start();
    await fault({ kind: "reset-after", matching: "/sync", times: 1 });
    await expect(sync({ infos: [{ name: "quarterdeck.run", value: "landed" }] })).rejects.toThrow(/fetch failed/u);
    expect(world.simulator.application("checkout-prod")).toMatchObject({ operation: { info: [{ value: "landed" }] } });
  });

  test("a request that is lost before anything happened", async () => {
    await start();
    await fault({ kind: "reset-before", matching: "/sync", times: 1 });
    await expect(sync()).rejects.toThrow(/fetch failed/u);
    expect(world.simulator.application("checkout-prod")?.operation).toBeUndefined();
  });

  test("a body that breaks off", async () => {
    await start();
    await fault({ kind: "truncated", times: 1 });
    await expect(get(APP)).rejects.toThrow(/terminated|aborted|fetch failed/u);
  });

  test("an answer that is late", async () => {
    await start();
    await fault({ kind: "slow", delayMs: 5000, times: 1 });
    const before = world.clock.now();
    expect(await get(APP)).toMatchObject({ status: 200 });
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(5000);
  });
});

describe("control from another process", () => {
  const post = (body: unknown, type = "application/json"): Promise<Response> =>
    fetch(`${world.simulator.url}/_control`, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(body),
    });

  test("commands, and what is wrong with those that are none", async () => {
    await start();
    expect((await post({ action: "set-component", component: "controller", state: "down" })).status).toBe(200);
    expect(world.simulator.state().controller).toBe("down");
    expect((await post({ action: "set-component", component: "moon", state: "down" })).status).toBe(400);
    expect((await post({ action: "clear-faults" }, "text/plain")).status).toBe(415);
    const unknown = await post({ action: "refresh", application: "nope" });
    expect(await unknown.json()).toEqual({ error: "the simulator has no Application nope" });
  });

  test("the state, once and at every change", async () => {
    await start();
    const state: unknown = await (await fetch(`${world.simulator.url}/_control/state`)).json();
    expect(state).toEqual(world.simulator.state());
    expect(state).toMatchObject({
      applications: [
        {
          name: "checkout-prod",
          service: "checkout",
          environment: "prod",
          liveRevision: OLD,
          targetRevision: NEW,
          health: "Healthy",
        },
      ],
    });
    const controller = new AbortController();
    const stream = await fetch(`${world.simulator.url}/_control/events`, { signal: controller.signal });
    const reader = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    expect(textAt(JSON.parse((await reader.read()).value?.slice("data: ".length) ?? ""), "controller")).toBe("up");
    await sync({ revision: NEW });
    await world.clock.advance(60);
    const event = JSON.parse((await reader.read()).value?.slice("data: ".length) ?? "");
    expect(textAt(event, "applications.0.operation.phase")).toBe("Running");
    controller.abort();
  });
});

test("a deep link leads to a page that runs nothing from elsewhere", async () => {
  await start();
  const page = await get("/applications/argocd/checkout-prod?view=tree");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.text).toContain("Simulated Argo CD");
  expect(await get("/applications/a/b/c")).toMatchObject({ status: 404, text: "404 page not found\n" });
});

test("without a token in three parts there is no session", async () => {
  await start();
  expect(accountToken("quarterdeck").split(".")).toHaveLength(3);
  expect(await world.send({ method: "GET", path: APP, headers: { authorization: "Bearer abc" } })).toMatchObject({
    status: 401,
    body: { message: "no session information" },
  });
});
