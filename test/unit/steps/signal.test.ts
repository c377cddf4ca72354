import { describe, expect, it } from "vitest";

import { noArtifacts } from "../../../src/engine/artifacts.ts";
import { signal } from "../../../src/steps/signal/signal.ts";

describe("the step kind signal", () => {
  it("watches nothing, and ends when it is told to", async () => {
    const stop = new AbortController();
    if (signal.sort !== "wait") throw new Error("it is no wait");
    const context = {
      effect: { run: "run_1", path: "p/tests", attempt: 1 },
      facts: { runTitle: "", requester: "", requesterUser: "" },
      signal: stop.signal,
      startedAt: 0,
      artifacts: noArtifacts,
      progress: () => undefined,
    };
    const running = signal.run({ name: "tests-done" }, context);
    stop.abort(new Error("the server stops"));
    expect(await running).toMatchObject({ status: "failed", failure: { message: "the server stops" } });
    expect(signal.awaits).toBe("signal");
  });
});
