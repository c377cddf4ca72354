import { beforeEach, describe, expect, it } from "vitest";

import { aState, anOperation, at, atMs, resource, SHA_A, SHA_B } from "../argocd/application-builder.ts";
import { FLAP_MS, GRACE_MS, SETTLE_MS, WatchRig } from "./watch-rig.ts";

let rig: WatchRig;

beforeEach(async () => {
  rig = new WatchRig();
  rig.show("checkout-prod", "Healthy");
  await rig.after(1000);
});

async function fallIll(name = "checkout-prod"): Promise<void> {
  rig.show(name, "Degraded");
  await rig.after(GRACE_MS + 1000);
}

async function recover(name = "checkout-prod"): Promise<void> {
  rig.show(name, "Healthy");
  await rig.after(SETTLE_MS + 1000);
}

function incident() {
  const message = rig.messages.at(-1);
  if (message?.kind !== "alone") throw new Error("the last message is not about one incident");
  return message.incident;
}

describe("an application that falls ill", () => {
  it("is an incident when it stays Degraded for longer than the grace of its environment", async () => {
    rig.show("checkout-prod", "Degraded");
    await rig.after(GRACE_MS - 2000);
    expect(rig.types).toEqual([]);
    await rig.after(3000);
    expect(rig.types).toEqual(["incident.opened"]);
    expect(incident()).toMatchObject({
      app: "main/argocd/checkout-prod",
      service: "checkout",
      environment: "prod",
      status: "open",
      resources: [{ kind: "Pod", name: "checkout-prod-1", status: "Degraded" }],
      revision: SHA_A,
      since: expect.closeTo(Date.UTC(2026, 0, 1, 10) + 1000, -3),
    });
  });

  it("is none when it is healthy again within the grace", async () => {
    rig.show("checkout-prod", "Degraded");
    await rig.after(GRACE_MS / 2);
    rig.show("checkout-prod", "Healthy");
    await rig.after(GRACE_MS);
    expect(rig.types).toEqual([]);
  });

  it("is not begun anew by a moment of Progressing between two of Degraded", async () => {
    rig.show("checkout-prod", "Degraded");
    await rig.after(GRACE_MS / 2);
    rig.show("checkout-prod", "Progressing");
    await rig.after(5000);
    rig.show("checkout-prod", "Degraded");
    await rig.after(GRACE_MS / 2);
    expect(rig.types).toEqual(["incident.opened"]);
  });

  it.each(["Progressing", "Suspended", "Unknown"])("is none for being %s, however long", async (health) => {
    rig.show("checkout-prod", health);
    await rig.after(10 * GRACE_MS);
    expect(rig.types).toEqual([]);
  });

  it("is one when everything that was deployed is Missing, and none when nothing ever was", async () => {
    rig.show("payments-prod", "Missing", { status: { history: [] } });
    rig.show("checkout-prod", "Missing");
    await rig.after(GRACE_MS + 1000);
    expect(rig.facts.filter(({ type }) => type === "incident.opened")).toMatchObject([
      { service: "checkout", health: "Missing" },
    ]);
  });

  it("calls nobody when a read says that it is well again and the stream has not said so yet", async () => {
    rig.show("checkout-prod", "Degraded");
    await rig.after(GRACE_MS / 2);
    rig.store("checkout-prod", "Healthy");
    await rig.after(GRACE_MS);
    expect(rig.types).toEqual([]);
  });

  it("waits for an Argo CD that does not answer, and calls then", async () => {
    rig.show("checkout-prod", "Degraded");
    rig.argocd.before = () => {
      throw new Error("no answer");
    };
    await rig.after(GRACE_MS + 20_000);
    expect(rig.types).toEqual([]);
    rig.argocd.before = () => undefined;
    await rig.after(20_000);
    expect(rig.types).toEqual(["incident.opened"]);
  });

  it("is told again when the log could not be written", async () => {
    rig.beforeAppend = () => {
      throw new Error("the disk is full");
    };
    await fallIll();
    expect(rig.messages).toEqual([]);
    rig.beforeAppend = () => undefined;
    await rig.after(6000);
    expect(rig.types).toEqual(["incident.opened"]);
    expect(rig.messages).toHaveLength(1);
  });

  it("is nobody's business here when it is not in the inventory, unless all are watched", async () => {
    rig.show("somebody-elses", "Healthy");
    await rig.after(1000);
    await fallIll("somebody-elses");
    expect(rig.types).toEqual([]);
    rig.settings = { ...rig.settings, apps: "all" };
    await rig.after(60_000 + GRACE_MS);
    expect(rig.types).toEqual(["incident.opened"]);
  });
});

describe("an incident", () => {
  beforeEach(() => fallIll());

  it("ends when the application has been healthy for the settle time, and knows how long it took", async () => {
    rig.show("checkout-prod", "Healthy");
    await rig.after(SETTLE_MS - 2000);
    expect(incident().status).toBe("open");
    await rig.after(3000);
    expect(incident()).toMatchObject({ status: "recovered", flaps: 0 });
    expect((incident().endedAt ?? 0) - incident().since).toBeLessThan(GRACE_MS + 2000);
  });

  it("does not end for being Progressing or Unknown", async () => {
    rig.show("checkout-prod", "Progressing");
    await rig.after(GRACE_MS * 3);
    rig.show("checkout-prod", "Unknown");
    await rig.after(GRACE_MS * 3);
    expect(rig.types).toEqual(["incident.opened"]);
  });

  it("is the same when the application is Degraded again soon after, and counts that", async () => {
    await recover();
    rig.show("checkout-prod", "Degraded");
    await rig.after(1000);
    expect(incident()).toMatchObject({ status: "open", flaps: 1 });
    await recover();
    rig.show("checkout-prod", "Degraded");
    await rig.after(1000);
    expect(incident()).toMatchObject({ status: "open", flaps: 2 });
    expect(new Set(rig.messages.map((each) => (each.kind === "alone" ? each.incident.id : ""))).size).toBe(1);
  });

  it("is another one when something else was deployed in between, however soon that is", async () => {
    await recover();
    const health = { status: "Degraded" };
    rig.show("checkout-prod", "Degraded", { status: { health, operationState: aState(SHA_B, "bob", "Succeeded") } });
    await rig.after(GRACE_MS + 1000);
    expect(rig.types).toEqual(["incident.opened", "incident.recovered", "incident.opened"]);
    expect(incident().blame).toMatchObject({ who: "bob" });
  });

  it("is another one when the application is Degraded again much later", async () => {
    await recover();
    await rig.after(FLAP_MS);
    await fallIll();
    const opened = rig.facts.filter(({ type }) => type === "incident.opened");
    expect(opened).toHaveLength(2);
  });

  it("ends with its application", async () => {
    rig.drop("checkout-prod");
    await rig.after(1000);
    expect(incident().status).toBe("deleted");
  });

  it("says what else has failed meanwhile, and does not read the tree for each change of words", async () => {
    const sick = (...names: readonly string[]) => ({
      status: { resources: names.map((name) => resource("Pod", name, "Degraded")) },
    });
    await rig.after(60_000);
    const before = rig.argocd.calls.filter((call) => call.endsWith("resource-tree")).length;
    rig.show("checkout-prod", "Degraded", sick("checkout-prod-1", "other"));
    await rig.after(1000);
    expect(incident().resources.map(({ name }) => name)).toEqual(["checkout-prod-1", "other"]);
    for (let index = 0; index < 20; index += 1) {
      rig.show("checkout-prod", "Degraded", sick(`pod-${index}`));
      await rig.after(1000);
    }
    const reads = rig.argocd.calls.filter((call) => call.endsWith("resource-tree")).length - before;
    expect(reads).toBe(1);
    await rig.after(120_000);
    expect(incident().resources.map(({ name }) => name)).toEqual(["pod-19"]);
  });

  it("is taken up after a restart: shown again as it is, and ended by what is seen then", async () => {
    const { id } = incident();
    await rig.restart();
    expect(incident()).toMatchObject({ id, status: "open" });
    await recover();
    expect(incident()).toMatchObject({ id, status: "recovered" });
    expect(rig.types).toEqual(["incident.opened", "incident.recovered"]);
  });

  it("that ended while nobody watched ends at the next start, at the moment that Argo CD names", async () => {
    await rig.watch[Symbol.asyncDispose]();
    const healthyAt = new Date(rig.clock.now() + 30_000).toISOString();
    await rig.clock.advance(600_000);
    rig.show("checkout-prod", "Healthy", { status: { health: { status: "Healthy", lastTransitionTime: healthyAt } } });
    await rig.restart();
    await rig.after(2000);
    expect(incident()).toMatchObject({ status: "recovered", endedAt: Date.parse(healthyAt) });
  });

  it("of an application that only its labels put into the inventory does not end while Argo CD does not show it yet", async () => {
    const { cache } = rig.argocd.server;
    const known = rig.argocd.applications.get("checkout-prod");
    await rig.watch[Symbol.asyncDispose]();
    if (known !== undefined) cache.frame("DELETED", known);
    rig.configuration = rig.configuration.replace("prod: checkout-prod", "qa: checkout-qa");
    rig.argocd.before = () => {
      throw new Error("no answer");
    };
    await rig.restart();
    await rig.after(120_000);
    expect(incident().status).toBe("open");
  });

  it("ends when its application is not one of those that are watched any more", async () => {
    rig.configuration = rig.configuration.replace("prod: checkout-prod", "qa: checkout-qa");
    await rig.restart();
    await rig.after(1000);
    expect(incident().status).toBe("left");
  });

  it("whose application was deleted while nobody watched ends at the next start, but not for a missing copy", async () => {
    const { cache } = rig.argocd.server;
    const known = rig.argocd.applications.get("checkout-prod");
    await rig.watch[Symbol.asyncDispose]();
    if (known !== undefined) cache.frame("DELETED", known);
    await rig.restart();
    await rig.after(61_000);
    expect(incident().status).toBe("open");
    rig.drop("checkout-prod");
    await rig.restart();
    await rig.after(61_000);
    expect(incident().status).toBe("deleted");
  });
});

describe("what is ill already", () => {
  const since = new Date(Date.UTC(2026, 0, 1, 9)).toISOString();
  const ill = { status: { health: { status: "Degraded", lastTransitionTime: since } } };

  it("at the first sight is one summary, however many there are", async () => {
    rig.show("s1-prod", "Degraded", ill);
    rig.show("s2-prod", "Degraded", ill);
    await rig.after(10_000);
    expect(rig.messages).toHaveLength(1);
    expect(rig.messages[0]).toMatchObject({
      kind: "group",
      group: { kind: "first-sight" },
      incidents: [{ service: "s1", since: Date.parse(since) }, { service: "s2" }],
    });
  });

  it("at the first sight and not for long waits for its grace, and joins the summary", async () => {
    rig.show("s1-prod", "Degraded", ill);
    rig.show("s2-prod", "Degraded");
    await rig.after(10_000);
    expect(rig.messages.at(-1)).toMatchObject({ incidents: [{ service: "s1" }] });
    await rig.after(GRACE_MS);
    expect(rig.messages.at(-1)).toMatchObject({ incidents: [{ service: "s1" }, { service: "s2" }] });
    expect(new Set(rig.messages.map((each) => (each.kind === "group" ? each.group.id : "")))).toHaveLength(1);
  });

  it("at a start, and was well when the server stopped, is an incident like any other", async () => {
    await rig.watch[Symbol.asyncDispose]();
    await rig.clock.advance(600_000);
    const health = { status: "Degraded", lastTransitionTime: new Date(rig.clock.now() - 300_000).toISOString() };
    rig.show("checkout-prod", "Degraded", { status: { health } });
    await rig.restart();
    await rig.after(6000);
    expect(rig.messages).toMatchObject([
      { kind: "alone", incident: { service: "checkout", since: Date.parse(health.lastTransitionTime) } },
    ]);
  });
});

describe("many that fall ill together", () => {
  const names = Array.from({ length: 20 }, (_, index) => `s${index}-prod`);

  beforeEach(async () => {
    for (const name of names) rig.show(name, "Healthy");
    await rig.after(1000);
  });

  it("are one message from the first of them on, which those that come later join", async () => {
    for (const name of names.slice(0, 15)) {
      rig.show(name, "Degraded");
      await rig.after(2000);
    }
    await rig.after(GRACE_MS);
    for (const name of names.slice(15)) rig.show(name, "Degraded");
    await rig.after(GRACE_MS + 1000);
    const groups = new Set(rig.messages.map((each) => (each.kind === "group" ? each.group.id : "alone")));
    expect(groups.size).toBe(1);
    expect(groups.has("alone")).toBe(false);
    expect(rig.messages.at(-1)).toMatchObject({ kind: "group", group: { kind: "storm" } });
    expect(rig.messages.at(-1)).toHaveProperty("incidents.length", 20);
    // One round of a few reads, not one for each.
    expect(rig.argocd.calls.filter((call) => call.endsWith("resource-tree"))).toEqual([]);
  });

  it("are told one by one when they are fewer", async () => {
    for (const name of names.slice(0, 3)) rig.show(name, "Degraded");
    await rig.after(GRACE_MS + 1000);
    expect(rig.messages.map(({ kind }) => kind)).toEqual(["alone", "alone", "alone"]);
  });
});

describe("an incident beside runs", () => {
  it("is not opened while a run is at work there, and is when that has ended and said nothing", async () => {
    rig.runs = { ...rig.runs, isAtWork: () => true };
    await fallIll();
    await rig.after(GRACE_MS);
    expect(rig.types).toEqual([]);
    rig.runs = { ...rig.runs, isAtWork: () => false };
    await rig.after(6000);
    expect(rig.types).toEqual(["incident.opened"]);
  });

  it("that a run has told of links to it, and is not told twice", async () => {
    rig.runs = { ...rig.runs, toldBy: () => "run_7" };
    await fallIll();
    expect(incident()).toMatchObject({ toldBy: "run_7" });
  });

  it("blames the run whose operation the application shows", async () => {
    const run = { run: "run_1", title: "Promote checkout", requester: "p1", failed: true };
    rig.runs = { ...rig.runs, find: (id) => (id === "run_1" ? run : undefined) };
    const operationState = aState(SHA_B, { run: "run_1" }, "Succeeded");
    rig.show("checkout-prod", "Degraded", { status: { operationState, health: { status: "Degraded" } } });
    await rig.after(GRACE_MS + 1000);
    expect(incident().blame).toEqual({ kind: "run", ...run, revision: SHA_B, at: atMs(10) });
  });

  it("blames whoever synced in Argo CD, also while that is still under way", async () => {
    const health = { status: "Degraded" };
    rig.show("checkout-prod", "Degraded", { status: { health, operationState: aState(SHA_B, "bob", "Running") } });
    await rig.after(GRACE_MS + 1000);
    const blame = { kind: "operation", who: "bob", automated: false, phase: "Running", revision: SHA_B, at: atMs(10) };
    expect(incident().blame).toEqual(blame);
  });

  it("blames the run that wanted the revision for what auto-sync did on its behalf", async () => {
    const run = { run: "run_2", title: "Promote checkout", requester: "p1", failed: false };
    rig.runs = { ...rig.runs, deploying: (_, revision) => (revision === SHA_B ? run : undefined) };
    const operation = { ...anOperation(SHA_B, "nobody"), initiatedBy: { automated: true } };
    const operationState = aState(SHA_B, "nobody", "Succeeded", { operation });
    rig.show("checkout-prod", "Degraded", { status: { operationState, health: { status: "Degraded" } } });
    await rig.after(GRACE_MS + 1000);
    expect(incident().blame).toMatchObject({ kind: "run", run: "run_2" });
  });

  it("offers the last revision that was proven there and is not live", async () => {
    const proof = { app: "", applicationUid: "", sourceDigest: "", run: "run_1" };
    rig.proofs = [
      { ...proof, revision: SHA_A, provenAt: 5 },
      { ...proof, revision: SHA_B, provenAt: 3 },
    ];
    await fallIll();
    expect(incident().wayBack).toEqual({ revision: SHA_B, provenAt: 3 });
  });
});

describe("operations of others", () => {
  const ended = (who: string, more: Readonly<Record<string, unknown>> = {}) => ({
    status: { operationState: aState(SHA_B, who, "Succeeded", more), health: { status: "Healthy" } },
  });

  it("are recorded once when they end, with who, what and when", async () => {
    rig.show("checkout-prod", "Healthy", { status: { operationState: aState(SHA_B, "bob", "Running") } });
    await rig.after(1000);
    expect(rig.operations).toEqual([]);
    for (let times = 0; times < 3; times += 1) {
      rig.show("checkout-prod", "Healthy", ended("bob"));
      await rig.after(1000);
    }
    expect(rig.operations).toMatchObject([
      {
        service: "checkout",
        environment: "prod",
        who: "bob",
        phase: "Succeeded",
        revisions: [SHA_B],
        startedAt: atMs(10),
        endedAt: atMs(20),
      },
    ]);
    expect(rig.watch.operations({ service: "checkout", limit: 5 })).toHaveLength(1);
    expect(rig.watch.operations({ service: "web", limit: 5 })).toEqual([]);
  });

  it("are not recorded again after a restart", async () => {
    rig.show("checkout-prod", "Healthy", ended("bob"));
    await rig.after(1000);
    await rig.restart();
    await rig.after(61_000);
    expect(rig.operations).toHaveLength(1);
    expect(rig.watch.operations({ limit: 5 })).toHaveLength(1);
  });

  it("that were there at the first sight are not told, also not after a restart", async () => {
    rig.show("payments-prod", "Healthy", ended("bob"));
    await rig.after(1000);
    await rig.restart();
    await rig.after(61_000);
    expect(rig.operations).toEqual([]);
  });

  it("are not our own", async () => {
    const run = { run: "run_1", title: "Promote checkout", requester: "p1", failed: false };
    rig.runs = { ...rig.runs, find: (id) => (id === "run_1" ? run : undefined) };
    const operationState = aState(SHA_B, { run: "run_1" }, "Succeeded");
    rig.show("checkout-prod", "Healthy", { status: { operationState } });
    await rig.after(1000);
    expect(rig.operations).toEqual([]);
  });

  it("that auto-sync repeats every few seconds are told once an hour", async () => {
    for (let minute = 0; minute < 90; minute += 1) {
      const more = {
        operation: { ...anOperation(SHA_B, "x"), initiatedBy: { automated: true } },
        startedAt: at(minute * 60),
        finishedAt: at(minute * 60 + 5),
      };
      rig.show("checkout-prod", "Healthy", ended("x", more));
      await rig.after(1000);
    }
    expect(rig.operations).toHaveLength(2);
    expect(rig.operations[0]).toMatchObject({ who: "auto-sync", automated: true });
  });
});
