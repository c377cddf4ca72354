import { describe, expect, it, onTestFinished, vi } from "vitest";

import { newId, systemRandom } from "../../../src/platform/ids.ts";
import type { StartRequest } from "../../../src/engine/run-service.ts";
import type { Repeat } from "../../../src/engine/step-kind.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { startedEvent } from "../../support/run-spec.ts";
import { StoreFolder } from "../../support/store-folder.ts";

const RECOVERY_MS = 6000;
const INTERRUPTED = { code: "step.interrupted", retry: "never" };

async function open(repeat?: Repeat, folder?: string): Promise<EngineRig> {
  const engine = await EngineRig.open(folder, repeat);
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return engine;
}

function request(): StartRequest {
  const { type: _type, at: _at, actor: _actor, ...started } = startedEvent([{ name: "staging" }]);
  return { ...started, run: newId("run", 1, systemRandom), actor: "p_ana" };
}

function steps(engine: EngineRig): readonly string[] {
  return engine.calls.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
}

describe("a turn that was recorded", () => {
  it("is not called failed when what follows from it could not be started, and that is started later", async () => {
    const engine = await open();
    const proofs = vi.spyOn(engine.store.events, "proofs").mockImplementation(() => {
      throw new Error("disk I/O error");
    });
    const { state } = await engine.runs.start(request());
    await settle();
    expect([engine.calls, engine.runs.state(state.id).status]).toEqual([[], "running"]);
    proofs.mockRestore();
    await engine.clock.advance(RECOVERY_MS);
    expect(steps(engine)).toEqual(["sync"]);
  });

  it("has its effects whether or not it can be shown", async () => {
    const engine = await open();
    const shown = vi.spyOn(engine.shown, "set").mockImplementation(() => {
      throw new Error("no such view");
    });
    const { state } = await engine.runs.start(request());
    await engine.succeed("sync");
    await engine.succeed("healthy");
    expect(engine.runs.state(state.id).status).toBe("succeeded");
    expect(shown).toHaveBeenCalled();
  });
});

describe("a turn that could not be recorded", () => {
  it("together with another one of the same run is taken up again once", async () => {
    const engine = await open();
    const { state } = await engine.runs.start(request());
    const call = await engine.call("sync");
    const disk = vi.spyOn(engine.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    const { path, attempt } = call;
    const { token } = engine.runs.state(state.id).steps.get(path) ?? { token: 0 };
    const ref = { path, attempt, token };
    const turns = [
      engine.runs.apply(state.id, { ...ref, type: "checkpoint", data: 1 }),
      engine.runs.apply(state.id, { ...ref, type: "checkpoint", data: 2 }),
    ];
    await Promise.allSettled(turns);
    disk.mockRestore();
    await engine.clock.advance(2 * RECOVERY_MS);
    expect(engine.runs.state(state.id).version).toBe(state.version + 1);
    expect(steps(engine)).toEqual(["sync", "sync"]);
  });

  it("gives a lock back to nobody until it is recorded", async () => {
    const engine = await open();
    const first = await engine.runs.start(request());
    const second = await engine.runs.start(request());
    await engine.succeed("sync");
    const disk = vi.spyOn(engine.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    await engine.succeed("healthy");
    const third = engine.runs.start(request());
    await expect(third).rejects.toThrow("disk full");
    expect(engine.runs.view(second.state.id).queue).toMatchObject([{ position: 1 }]);
    disk.mockRestore();
    await engine.clock.advance(RECOVERY_MS);
    await engine.succeed("healthy");
    expect(engine.runs.state(first.state.id).status).toBe("succeeded");
    expect(steps(engine)).toEqual(["sync", "healthy", "healthy", "sync"]);
  });
});

describe("a run that cannot be read at the start", () => {
  it("is taken up when it can be", async () => {
    const engine = await open();
    await engine.runs.start(request());
    await settle();
    const after = await open();
    const read = vi.spyOn(after.store.events, "readRun").mockImplementation(() => {
      throw new Error("disk I/O error");
    });
    const { id } = engine.runs.state([...engine.shown.keys()][0] ?? "");
    vi.spyOn(after.store.events, "activeRuns").mockReturnValue([id]);
    await after.resume();
    expect(after.calls).toEqual([]);
    read.mockImplementation((run) => engine.store.events.readRun(run));
    vi.spyOn(after.store.events, "appendRun").mockResolvedValue();
    await after.clock.advance(RECOVERY_MS);
    expect(steps(after)).toEqual(["sync"]);
  });
});

describe("a run that could not be taken up at the start", () => {
  it("is taken up before anything else has it go on, so that nothing is executed under what an earlier server handed out", async () => {
    const folder = new StoreFolder();
    onTestFinished(() => folder[Symbol.dispose]());
    const first = await EngineRig.open(folder.path);
    const { state } = await first.runs.start(request());
    const { path } = await first.call("sync");
    const tokenOf = (engine: EngineRig): number => engine.runs.state(state.id).steps.get(path)?.token ?? 0;
    const before = tokenOf(first);
    await first[Symbol.asyncDispose]();

    const second = await open(undefined, folder.path);
    const disk = vi.spyOn(second.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    await second.resume();
    disk.mockRestore();
    // Something comes in for it that is recorded.
    await second.runs.apply(state.id, { type: "retry", actor: "p_ana" });
    await settle();
    expect(tokenOf(second)).toBeGreaterThan(before);
    expect(steps(second)).toEqual(["sync"]);
    await second.clock.advance(RECOVERY_MS);
    expect(steps(second)).toEqual(["sync"]);
  });
});

describe("an action that must not be repeated", () => {
  it("is left to a person when the server died while it was under way, and is begun again by nobody else", async () => {
    const folder = new StoreFolder();
    onTestFinished(() => folder[Symbol.dispose]());
    const first = await EngineRig.open(folder.path, "ask");
    const { state } = await first.runs.start(request());
    const { path } = await first.call("sync");
    const ended = first[Symbol.asyncDispose]();
    await first.clock.advance(0);
    await ended;

    const second = await open("ask", folder.path);
    await second.resume();
    await second.succeed("alert");
    expect(second.runs.state(state.id)).toMatchObject({ status: "failed", failure: { failure: INTERRUPTED } });
    expect(steps(second)).not.toContain("sync");
    await second.runs.apply(state.id, { type: "retry", actor: "p_ana", from: path });
    expect(await second.call("sync")).toMatchObject({ attempt: 2 });
    await second.succeed("sync");
    expect(steps(second).at(-1)).toBe("healthy");
  });

  it("is not begun again when its outcome could not be recorded", async () => {
    const engine = await open("ask");
    const { state } = await engine.runs.start(request());
    const call = await engine.call("sync");
    const disk = vi.spyOn(engine.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    await engine.succeed("sync");
    disk.mockRestore();
    // Somebody looks at the run before it is taken up again.
    await engine.runs.apply(state.id, { type: "wake" });
    await engine.clock.advance(RECOVERY_MS);
    await engine.succeed("alert");
    expect(engine.runs.state(state.id)).toMatchObject({ status: "failed", failure: { failure: INTERRUPTED } });
    expect(engine.calls.filter(({ path }) => path === call.path)).toHaveLength(1);
  });

  it("goes on when something else about its run could not be recorded", async () => {
    const engine = await open("ask");
    const { state } = await engine.runs.start(request());
    const { path, attempt, signal } = await engine.call("sync");
    const { token } = engine.runs.state(state.id).steps.get(path) ?? { token: 0 };
    const disk = vi.spyOn(engine.store.events, "appendRun").mockRejectedValue(new Error("disk full"));
    const turn = engine.runs.apply(state.id, { path, attempt, token, type: "checkpoint", data: 1 });
    await expect(turn).rejects.toThrow("disk full");
    disk.mockRestore();
    await engine.clock.advance(RECOVERY_MS);
    expect(signal.aborted).toBe(false);
    await engine.succeed("sync");
    expect(steps(engine)).toEqual(["sync", "healthy"]);
  });
});
