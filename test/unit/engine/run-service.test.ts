import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import type { StartRequest } from "../../../src/engine/run-service.ts";
import { newId, systemRandom } from "../../../src/platform/ids.ts";
import { settle } from "../../support/fake-clock.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { type Environment, RULE, startedEvent } from "../../support/run-spec.ts";

const TWO: readonly Environment[] = [{ name: "staging" }, { name: "prod", approval: RULE }];

function request(environments = TWO): StartRequest {
  const { type: _type, at: _at, actor: _actor, ...started } = startedEvent(environments);
  return { ...started, run: newId("run", started.targets.length, systemRandom), actor: "p_ana" };
}

async function rig(): Promise<EngineRig> {
  const opened = await EngineRig.open();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

async function approve(engine: EngineRig, run: string): Promise<void> {
  const step = [...engine.runs.state(run).steps.values()].find(
    ({ sort, status }) => sort === "gate" && status === "running",
  );
  if (step?.gate === undefined) throw new Error("no open gate");
  await engine.runs.apply(run, {
    type: "gate-decision",
    path: step.path,
    attempt: step.attempt,
    decision: "approve",
    actor: "p_priya",
    digest: step.gate.digest,
    reason: "",
    judgement: { kind: "allowed", groups: ["S1"] },
    current: step.gate.subject,
  });
  await settle();
}

describe("a run", () => {
  it("goes from its start to its end, and every step is executed once", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request());
    await engine.succeed("[staging]/sync");
    await engine.succeed("[staging]/healthy");
    await approve(engine, state.id);
    await engine.succeed("[prod]/sync");
    await engine.succeed("[prod]/healthy");
    expect(engine.runs.state(state.id).status).toBe("succeeded");
    expect(engine.calls.map(({ path }) => path.replace("promote/for-each", ""))).toEqual([
      "[staging]/sync",
      "[staging]/healthy",
      "[prod]/sync",
      "[prod]/healthy",
    ]);
    expect(engine.shown.get(state.id)?.stages.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  });

  it("hands nothing out before it is on the disk", async () => {
    const engine = await rig();
    const started = engine.runs.start(request());
    expect(engine.calls).toEqual([]);
    await started;
    await settle();
    expect(engine.calls).toHaveLength(1);
  });

  it("is known as starting from the call until it is on the disk and in every list", async () => {
    const engine = await rig();
    const asked = request();
    const started = engine.runs.start(asked);
    expect(engine.runs.starting).toEqual([asked.run]);
    expect(engine.store.events.listRuns({ openOnly: true, limit: 1 })).toEqual([]);
    expect(engine.runs.state(asked.run).status).toBe("running");
    await started;
    expect(engine.runs.starting).toEqual([]);
    expect(engine.store.events.listRuns({ openOnly: true, limit: 1 })).toMatchObject([{ id: asked.run }]);
  });

  it("costs no memory while it waits at a gate, and is there when somebody clicks", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request([{ name: "prod", approval: RULE }]));
    await settle();
    expect(engine.store.events.activeRuns()).toEqual([]);
    await approve(engine, state.id);
    expect(engine.store.events.activeRuns()).toEqual([state.id]);
  });
});

describe("two runs for the same environment", () => {
  it("go one after the other, and the second is told where it stands", async () => {
    const engine = await rig();
    const first = await engine.runs.start(request([{ name: "staging" }]));
    const second = await engine.runs.start(request([{ name: "staging" }]));
    await settle();
    expect(engine.calls).toHaveLength(1);
    expect(engine.shown.get(second.state.id)?.queue).toMatchObject([{ position: 1, keys: ["checkout/staging"] }]);
    await engine.succeed("sync");
    await engine.succeed("healthy");
    expect(engine.runs.state(first.state.id).status).toBe("succeeded");
    expect(engine.calls.filter(({ uses }) => uses === "argocd/sync")).toHaveLength(2);
    expect(engine.runs.view(second.state.id).queue).toEqual([]);
  });
});

describe("the deadline of a gate", () => {
  it("stops the run without anybody asking", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request([{ name: "prod", approval: RULE }]));
    await settle();
    await engine.clock.advance(RULE.expiresMs + 1000);
    expect(engine.runs.state(state.id).failure?.failure.code).toBe("gate.expired");
  });

  it("does not come early when the clock is set back, and still comes", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request([{ name: "prod", approval: RULE }]));
    await settle();
    engine.clock.step(-600_000);
    await engine.clock.advance(RULE.expiresMs);
    expect(engine.runs.state(state.id).status).toBe("running");
    await engine.clock.advance(660_000);
    expect(engine.runs.state(state.id).failure?.failure.code).toBe("gate.expired");
  });
});

describe("a server that dies", () => {
  it("takes every run up where it was: the same attempt again, nothing that had ended", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const before = await EngineRig.open(folder);
    const { state } = await before.runs.start(request());
    await before.succeed("[staging]/sync");
    await before[Symbol.asyncDispose]();

    const after = await EngineRig.open(folder);
    onTestFinished(() => after[Symbol.asyncDispose]());
    await after.resume();
    expect(after.calls.map(({ path, attempt }) => [path, attempt])).toEqual([["promote/for-each[staging]/healthy", 1]]);
    await after.succeed("[staging]/healthy");
    await approve(after, state.id);
    expect((await after.call("[prod]/sync")).attempt).toBe(1);
  });

  it("ignores what an execution from before the restart still reports", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request());
    const { token, path, attempt } = [...engine.runs.state(state.id).steps.values()].at(-1) ?? {
      token: 0,
      path: "",
      attempt: 0,
    };
    await engine.runs.apply(state.id, { type: "resume" });
    const { events } = await engine.runs.apply(state.id, {
      type: "outcome",
      path,
      attempt,
      token,
      outcome: { status: "succeeded", output: {} },
    });
    expect(events).toEqual([]);
  });
});

describe("a commit that fails", () => {
  it("lets nothing out, tells the caller, and the run goes on from the log when the disk is back", async () => {
    const engine = await rig();
    const { state } = await engine.runs.start(request());
    const call = await engine.call("[staging]/sync");
    const disk = vi.spyOn(engine.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    call.end({ status: "succeeded", output: { operation: "op-1" } });
    await settle();
    expect(engine.calls).toHaveLength(1);
    disk.mockRestore();
    await engine.clock.advance(6000);
    expect(engine.calls.map(({ path, attempt }) => [path.split("/").at(-1), attempt])).toEqual([
      ["sync", 1],
      ["sync", 1],
    ]);
    await engine.succeed("[staging]/sync");
    expect(engine.runs.state(state.id).steps.has("promote/for-each[staging]/healthy")).toBe(true);
  });
});
