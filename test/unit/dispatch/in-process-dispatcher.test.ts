import { setImmediate as turn } from "node:timers/promises";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { InProcessDispatcher } from "../../../src/dispatch/in-process-dispatcher.ts";
import type { Job } from "../../../src/engine/ports.ts";
import { defineAction } from "../../../src/engine/step-kind.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { atEndOfTurn } from "../../../src/platform/turn.ts";

describe("an in-process dispatcher with many actions that are over at once", () => {
  it("executes a part of them in each turn of the event loop, so that what arrives meanwhile is served", async () => {
    const executed: string[] = [];
    const instant = defineAction({
      kind: "test/instant",
      summary: "is over at once",
      repeat: "safe",
      input: z.strictObject({}),
      output: z.strictObject({}),
      run: (_input, { effect }) => {
        executed.push(effect.run);
        return Promise.resolve({ status: "succeeded", output: {} });
      },
    });
    await using dispatcher = new InProcessDispatcher({
      kinds: new Map([[instant.kind, instant]]),
      reports: {
        progress: () => undefined,
        checkpoint: () => Promise.resolve(),
        outcome: () => undefined,
        handedBack: () => undefined,
      },
      clock: systemClock,
      atEndOfTurn,
      concurrency: 1000,
      shutdownGraceMs: 0,
    });
    const runs = Array.from({ length: 200 }, (_, index) => `run_${index}`);
    for (const run of runs) dispatcher.dispatch(jobOf(run));
    const perTurn: number[] = [];
    while (executed.length < runs.length) {
      const before = executed.length;
      await turn();
      perTurn.push(executed.length - before);
    }
    expect(Math.max(...perTurn)).toBeLessThan(runs.length / 2);
    expect(executed).toEqual(runs);
  });
});

function jobOf(run: string): Job {
  const facts = { runTitle: "test", requester: "p_test", requesterUser: "U0TEST" };
  const effect = { run, path: "test/step", attempt: 1 };
  return { effect, token: 1, uses: "test/instant", input: {}, facts, checkpointed: undefined, startedAt: 0 };
}
