import { describe, expect, it, onTestFinished } from "vitest";

import type { StartRequest } from "../../../src/engine/run-service.ts";
import { newId, systemRandom } from "../../../src/platform/ids.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { type Environment, RULE, startedEvent } from "../../support/run-spec.ts";
import { StoreFolder } from "../../support/store-folder.ts";

const CANCEL = { type: "cancel", actor: "p_marco", reason: "" } as const;
const RETRY = { type: "retry", actor: "p_marco" } as const;

function request(environments: readonly Environment[] = [{ name: "staging" }]): StartRequest {
  const { type: _type, at: _at, actor: _actor, ...started } = startedEvent(environments);
  return { ...started, run: newId("run", 1, systemRandom), actor: "p_ana" };
}

async function open(folder?: StoreFolder): Promise<EngineRig> {
  const engine = await EngineRig.open(folder?.path);
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return engine;
}

/** An engine on the same log, as a process that died left it: nothing of the first one is asked or told any more. */
async function reopened(first: EngineRig, folder: StoreFolder): Promise<EngineRig> {
  await first[Symbol.asyncDispose]();
  const engine = await open(folder);
  await engine.resume();
  return engine;
}

describe("a cancelled run", () => {
  it("aborts the action that is being executed, and ends what that has left before it gives its lock back", async () => {
    const engine = await open();
    const { state } = await engine.runs.start(request());
    const sync = await engine.call("sync");
    await engine.runs.apply(state.id, CANCEL);
    await settle();
    expect(sync.signal.aborted).toBe(true);
    expect(engine.runs.state(state.id).status).toBe("cancelled");
    expect(engine.store.events.claims()).toEqual([]);
  });

  it("stops watching, and hands out what ends the sync before the wait", async () => {
    const engine = await open();
    const { state } = await engine.runs.start(request());
    await engine.succeed("sync");
    const wait = await engine.call("healthy");
    await engine.runs.apply(state.id, CANCEL);
    expect(wait.signal.aborted).toBe(true);
    expect(engine.runs.view(state.id).state.status).toBe("cancelling");
    await engine.succeed("sync/stop", { outcome: "terminated" });
    expect(engine.runs.state(state.id).status).toBe("cancelled");
    const view = engine.shown.get(state.id);
    expect(view?.stages).toMatchObject([{ status: "cancelled" }]);
    expect(view?.stops).toMatchObject([{ environment: "staging", step: { output: { outcome: "terminated" } } }]);
  });

  it("ends after a crash while an action was being stopped, without handing that out as work again", async () => {
    using folder = new StoreFolder();
    const first = await open(folder);
    const { state } = await first.runs.start(request());
    await first.call("sync");
    // The process dies before the action answers.
    void first.runs.apply(state.id, CANCEL);
    const second = await reopened(first, folder);
    expect(second.runs.state(state.id).status).toBe("cancelled");
    expect(second.calls).toEqual([]);
  });

  it("ends after a crash while its leftovers were being ended", async () => {
    using folder = new StoreFolder();
    const first = await open(folder);
    const { state } = await first.runs.start(request());
    await first.succeed("sync");
    await first.runs.apply(state.id, CANCEL);
    await first.call("sync/stop");
    const second = await reopened(first, folder);
    await second.succeed("sync/stop", { outcome: "had-ended" });
    expect(second.runs.state(state.id).status).toBe("cancelled");
  });

  it("does not wait for ever for an action that does not answer", async () => {
    const engine = await open();
    engine.isDeaf = true;
    const { state } = await engine.runs.start(request());
    const sync = await engine.call("sync");
    await engine.runs.apply(state.id, CANCEL);
    await engine.clock.advance(59_000);
    expect(engine.runs.state(state.id).status).toBe("cancelling");
    await engine.clock.advance(2000);
    expect(engine.runs.state(state.id).status).toBe("cancelled");
    const { version } = engine.runs.state(state.id);
    sync.end({ status: "succeeded", output: { operation: "op-1" } });
    await settle();
    expect(engine.runs.state(state.id).version).toBe(version);
  });

  it("tells whoever cancels it a second time, and records that", async () => {
    const engine = await open();
    const { state } = await engine.runs.start(request());
    await engine.succeed("sync");
    await engine.runs.apply(state.id, CANCEL);
    const { refusal } = await engine.runs.apply(state.id, CANCEL);
    expect(refusal).toEqual({ code: "cancel.under-way", message: expect.stringContaining("being cancelled already") });
    expect(engine.store.events.readRun(state.id).at(-1)).toMatchObject({ type: "run.refused", actor: "p_marco" });
  });
});

describe("a retried run", () => {
  it("goes on after a restart of the server, from what had failed", async () => {
    using folder = new StoreFolder();
    const first = await open(folder);
    const { state } = await first.runs.start(request());
    await first.succeed("sync");
    (await first.call("healthy")).end({
      status: "failed",
      failure: { code: "argocd.degraded", message: "degraded", retry: "never" },
    });
    await first.succeed("alert");
    expect(first.runs.view(state.id).retryChoices.map(({ kind }) => kind)).toEqual(["wait", "sync"]);
    const second = await reopened(first, folder);
    expect(second.calls).toEqual([]);
    await second.runs.apply(state.id, RETRY);
    expect(second.store.events.listRuns({ openOnly: true, limit: 1 })).toMatchObject([{ id: state.id }]);
    expect(second.store.events.claims()).toMatchObject([{ run: state.id, status: "held" }]);
    await second.succeed("healthy");
    expect(second.runs.state(state.id).status).toBe("succeeded");
    expect(second.calls.map(({ path, attempt }) => [path.slice(path.lastIndexOf("/") + 1), attempt])).toEqual([
      ["healthy", 2],
    ]);
  });

  it("goes on after a restart of the server that came after the retry", async () => {
    using folder = new StoreFolder();
    const first = await open(folder);
    const { state } = await first.runs.start(request([{ name: "prod", approval: RULE }]));
    await settle();
    await first.runs.apply(state.id, CANCEL);
    await first.runs.apply(state.id, RETRY);
    const second = await reopened(first, folder);
    await settle();
    const gate = [...second.runs.state(state.id).steps.values()].at(-1);
    expect(gate).toMatchObject({ attempt: 2, status: "running", gate: { decisions: [] } });
  });
});
