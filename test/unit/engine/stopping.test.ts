import { describe, expect, it, onTestFinished } from "vitest";

import { newId, systemRandom } from "../../../src/platform/ids.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { startedEvent } from "../../support/run-spec.ts";

describe("a server that ends", () => {
  it("starts nothing more, even for a turn whose commit was under way", async () => {
    const engine = await EngineRig.open();
    onTestFinished(() => engine[Symbol.asyncDispose]());
    const { type: _type, at: _at, actor: _actor, ...started } = startedEvent([{ name: "staging" }]);
    const { state } = await engine.runs.start({ ...started, run: newId("run", 1, systemRandom), actor: "p_ana" });
    const { path, attempt } = await engine.call("[staging]/sync");
    const token = engine.runs.state(state.id).steps.get(path)?.token ?? 0;
    const turn = engine.runs.apply(state.id, {
      type: "outcome",
      path,
      attempt,
      token,
      outcome: { status: "succeeded", output: { operation: "op-1" } },
    });
    const ending = engine.work[Symbol.asyncDispose]();
    await Promise.all([turn, ending]);
    await settle();
    expect(engine.runs.state(state.id).steps.has("promote/for-each[staging]/healthy")).toBe(true);
    expect(engine.calls.map((call) => call.path)).toEqual([path]);
  });
});
