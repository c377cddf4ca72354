import { describe, expect, it, onTestFinished, vi } from "vitest";

import type { Plan } from "../../../src/domain/plan.ts";
import type { StartRequest } from "../../../src/engine/run-service.ts";
import { newId, shortId, systemRandom } from "../../../src/platform/ids.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { promotePlan, SHA, startedEvent, step } from "../../support/run-spec.ts";
import { StoreFolder } from "../../support/store-folder.ts";

const KEY = "checkout/staging";
const LOCK = { key: KEY, owner: "p_olga", reason: "load test" };
const APP = { app: "main/argocd/checkout-staging", revision: SHA };

function rollbackPlan(): Plan {
  const [sync, healthy] = [
    step("sync", "argocd/sync", { with: APP, stopWith: "argocd/terminate" }),
    step("healthy", "argocd/wait", { with: APP }),
  ];
  return promotePlan({
    command: "rollback",
    urgent: true,
    steps: [{ type: "lock", key: "lock", keys: KEY, whenLocked: "queue", hold: true, steps: [sync, healthy] }],
  });
}

function request(plan = promotePlan()): StartRequest {
  const { type: _type, at: _at, actor: _actor, ...started } = startedEvent([{ name: "staging" }], plan);
  return { ...started, run: newId("run", 1, systemRandom), actor: "p_ana" };
}

async function open(folder?: StoreFolder): Promise<EngineRig> {
  const engine = await EngineRig.open(folder?.path);
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return engine;
}

async function start(engine: EngineRig, plan?: Plan): Promise<string> {
  const { state } = await engine.runs.start(request(plan));
  await settle();
  return state.id;
}

function facts(engine: EngineRig): readonly string[] {
  return engine.store.log.stream("locks").map(({ type, actor }) => `${type} ${actor}`.trim());
}

function under(engine: EngineRig, run: string): readonly string[] {
  return [...engine.runs.state(run).locks.values()].map(({ status }) => status);
}

describe("a lock that somebody sets", () => {
  it("keeps runs waiting, which show whose it is, and goes to them in order when it is lifted, in the same commit", async () => {
    const engine = await open();
    await engine.runs.locks.set({ ...LOCK, until: engine.clock.now() + 60_000 });
    const [first, second] = [await start(engine), await start(engine)];
    expect([under(engine, first), under(engine, second)]).toEqual([["requested"], ["requested"]]);
    expect(engine.runs.view(second).queue).toEqual([
      {
        path: "promote/for-each[staging]/lock",
        keys: [KEY],
        position: 2,
        behind: undefined,
        handLock: { ...LOCK, since: engine.clock.now(), until: engine.clock.now() + 60_000 },
      },
    ]);
    const lifted = engine.runs.locks.lift(KEY, "p_priya");
    expect(under(engine, first)).toEqual(["held"]);
    expect(await lifted).toMatchObject(LOCK);
    expect([under(engine, first), under(engine, second)]).toEqual([["held"], ["requested"]]);
    expect(engine.shown.get(second)?.queue).toMatchObject([{ handLock: undefined, behind: shortId(first) }]);
    expect(facts(engine)).toEqual(["lock.set p_olga", "lock.lifted p_priya"]);
  });

  it("does not disturb the run that holds the lock already", async () => {
    const engine = await open();
    const run = await start(engine);
    await engine.runs.locks.set(LOCK);
    await engine.succeed("sync");
    await engine.succeed("healthy");
    expect(engine.runs.state(run).status).toBe("succeeded");
    expect(under(engine, await start(engine))).toEqual(["requested"]);
  });

  it("ends by itself, also when the server was down or restarted meanwhile", async () => {
    using folder = new StoreFolder();
    const first = await open(folder);
    await first.runs.locks.set({ ...LOCK, until: first.clock.now() + 60_000 });
    await first.runs.locks.set({ ...LOCK, key: "checkout/prod" });
    const run = await start(first);
    await first[Symbol.asyncDispose]();
    const second = await open(folder);
    await second.resume();
    expect(second.runs.locks.on(KEY)).toMatchObject(LOCK);
    expect(second.runs.view(run).queue).toMatchObject([{ handLock: LOCK }]);
    await second.clock.advance(61_000);
    expect(second.runs.locks.locks().map(({ key }) => key)).toEqual(["checkout/prod"]);
    expect(under(second, run)).toEqual(["held"]);
    expect(facts(second).at(-1)).toBe("lock.expired");
  });

  it("is given another reason and another end by whoever set it, and by nobody else", async () => {
    const engine = await open();
    await engine.runs.locks.set(LOCK);
    const since = engine.clock.now();
    await engine.clock.advance(1000);
    const again = await engine.runs.locks.set({ ...LOCK, reason: "longer", until: since + 99_000 });
    expect(again).toMatchObject({ kind: "set", before: { reason: "load test" } });
    const other = await engine.runs.locks.set({ ...LOCK, owner: "p_marco", reason: "mine" });
    expect(other).toEqual({ kind: "refused", before: { ...LOCK, reason: "longer", since, until: since + 99_000 } });
    expect(engine.runs.locks.on(KEY)).toEqual(other.before);
    expect(facts(engine)).toEqual(["lock.set p_olga", "lock.set p_olga", "lock.refused p_marco"]);
  });

  it("cannot be lifted where there is none, and that changes nothing", async () => {
    const engine = await open();
    expect(await engine.runs.locks.lift(KEY, "p_olga")).toBeUndefined();
    expect(facts(engine)).toEqual([]);
  });

  it("is not there when it could not be recorded, and stays when its end could not be", async () => {
    const engine = await open();
    const disk = vi.spyOn(engine.store.events, "appendHandLock").mockRejectedValue(new Error("disk full"));
    await expect(engine.runs.locks.set(LOCK)).rejects.toThrow("disk full");
    expect(engine.runs.locks.locks()).toEqual([]);
    disk.mockRestore();
    await engine.runs.locks.set(LOCK);
    vi.spyOn(engine.store.events, "appendHandLock").mockRejectedValue(new Error("disk full"));
    await expect(engine.runs.locks.lift(KEY, "p_olga")).rejects.toThrow("disk full");
    expect(engine.runs.locks.on(KEY)).toMatchObject(LOCK);
  });
});

describe("an urgent run", () => {
  it("ends the run that holds its lock, what that has left, and goes before everything queued", async () => {
    const engine = await open();
    const holder = await start(engine);
    await engine.succeed("sync");
    const queued = await start(engine);
    const urgent = await start(engine, rollbackPlan());
    expect(engine.runs.state(holder)).toMatchObject({
      status: "cancelling",
      cancel: { by: urgent, actor: "p_ana", reason: `${shortId(urgent)} takes over: checkout abc1230 to prod` },
    });
    expect(engine.runs.view(queued).queue).toMatchObject([{ position: 2 }]);
    expect(under(engine, urgent)).toEqual(["requested"]);
    await engine.succeed("sync/stop", { outcome: "terminated" });
    expect([engine.runs.state(holder).status, under(engine, urgent), under(engine, queued)]).toEqual([
      "cancelled",
      ["held"],
      ["requested"],
    ]);
  });

  it("leaves a hold when it has succeeded, which keeps the lock from those who waited, until it is lifted", async () => {
    const engine = await open();
    const urgent = await start(engine, rollbackPlan());
    const queued = await start(engine);
    await engine.succeed("rollback/sync");
    await engine.succeed("rollback/healthy");
    expect(engine.runs.state(urgent).status).toBe("succeeded");
    expect(under(engine, queued)).toEqual(["requested"]);
    const hold = { key: KEY, owner: "p_ana", reason: `rolled back by ${shortId(urgent)}`, run: urgent };
    expect(engine.runs.locks.on(KEY)).toMatchObject(hold);
    expect(engine.shown.get(queued)?.queue).toMatchObject([{ handLock: hold }]);
    await engine.store.rebuildProjections();
    expect(engine.store.events.handLocks()).toMatchObject([hold]);
    await engine.runs.locks.lift(KEY, "p_olga");
    expect(under(engine, queued)).toEqual(["held"]);
  });

  it("leaves no hold when it fails or is cancelled", async () => {
    const engine = await open();
    await start(engine, rollbackPlan());
    const failure = { code: "argocd.rbac", message: "no", retry: "never" } as const;
    (await engine.call("rollback/sync")).end({ status: "failed", failure });
    await settle();
    expect(engine.runs.locks.locks()).toEqual([]);
  });

  it("passes the hold of another one, waits for it while it runs, and for a lock that a person has set", async () => {
    const engine = await open();
    const [first, second] = [await start(engine, rollbackPlan()), await start(engine, rollbackPlan())];
    expect([engine.runs.state(first).status, under(engine, second)]).toEqual(["running", ["requested"]]);
    await engine.succeed("rollback/sync");
    await engine.succeed("rollback/healthy");
    expect(under(engine, second)).toEqual(["held"]);
    await engine.runs.apply(second, { type: "cancel", actor: "p_ana", reason: "" });
    await settle();
    await engine.runs.locks.lift(KEY, "p_ana");
    await engine.runs.locks.set(LOCK);
    expect(under(engine, await start(engine, rollbackPlan()))).toEqual(["requested"]);
  });

  it("ends nobody's run for a lock that it would not get, because a person has set one, until that is lifted", async () => {
    const engine = await open();
    const holder = await start(engine);
    await engine.runs.locks.set(LOCK);
    const urgent = await start(engine, rollbackPlan());
    expect([engine.runs.state(holder).status, under(engine, urgent)]).toEqual(["running", ["requested"]]);
    await engine.runs.locks.lift(KEY, "p_olga");
    await settle();
    expect([engine.runs.state(holder).status, under(engine, urgent)]).toEqual(["cancelled", ["held"]]);
  });

  it("does not overwrite with its hold what a person has set meanwhile", async () => {
    const engine = await open();
    await start(engine, rollbackPlan());
    await engine.runs.locks.set(LOCK);
    await engine.succeed("rollback/sync");
    await engine.succeed("rollback/healthy");
    expect(engine.runs.locks.on(KEY)).toMatchObject(LOCK);
  });
});

describe("two runs that take locks in opposite order", () => {
  it("do not wait for one another: the later one fails at once, names the other, and can be retried", async () => {
    const engine = await open();
    const nested = (outer: string, inner: string): Plan => {
      const work = step("healthy", "argocd/wait");
      const within = { type: "lock", key: "lock-2", keys: inner, whenLocked: "queue", steps: [work] } as const;
      const first = step("first", "argocd/wait");
      return promotePlan({
        steps: [{ type: "lock", key: "lock", keys: outer, whenLocked: "queue", steps: [first, within] }],
        onFailure: [],
      });
    };
    const [one, two] = [await start(engine, nested("a", "b")), await start(engine, nested("b", "a"))];
    for (const call of engine.calls) call.end({ status: "succeeded", output: {} });
    await settle();
    const failed = engine.runs.state(two);
    expect(failed.failure?.failure).toMatchObject({ code: "lock.cycle", details: { run: one } });
    expect(failed.failure?.failure.message).toContain(shortId(one));
    expect(under(engine, one)).toEqual(["held", "held"]);
    await engine.succeed("healthy");
    await engine.runs.apply(two, { type: "retry", actor: "p_ana" });
    await engine.succeed("healthy");
    expect([engine.runs.state(one).status, engine.runs.state(two).status]).toEqual(["succeeded", "succeeded"]);
  });
});
