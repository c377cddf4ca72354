import { describe, expect, it } from "vitest";

import type { Fact } from "../../chaos/evidence.ts";
import { recoveries } from "../../chaos/recovery.ts";

function fact(atMs: number, type: string, body: Fact["body"], stream = "run_1"): Fact {
  return { sequence: 0, atMs, stream, type, user: "", body };
}

const STEP = { path: "sync", attempt: 1 };
const FACTS = [
  fact(1000, "step.started", { ...STEP, sort: "action" }),
  fact(1500, "intent.received", { id: "i1" }, "intents"),
  fact(2300, "step.dispatched", STEP),
  fact(2900, "step.checkpointed", STEP),
  fact(3100, "step.succeeded", STEP),
  fact(3400, "intent.settled", { id: "i1" }, "intents"),
];

describe("the time until everything moves again", () => {
  it("ends with the last thing that was under way and moved, and being handed out again is no movement", () => {
    const server = { kind: "server", atMs: 2000, untilMs: 9000, reachableAtMs: 2500 } as const;
    expect(recoveries(FACTS, [server])).toEqual({
      measured: [{ kind: "server", afterMs: 1400, waitedFor: 2 }],
      takeoversMs: [],
      cutShort: 0,
    });
    const worker = { kind: "worker", atMs: 2000, untilMs: 9000, steps: ["run_1/sync/1"] } as const;
    expect(recoveries(FACTS, [worker]).measured).toMatchObject([{ afterMs: 900, waitedFor: 1 }]);
  });

  it("is not measured where the next fault came first, and counts as long where nothing moved for long", () => {
    const soon = { kind: "redis", atMs: 2000, untilMs: 2500 } as const;
    expect(recoveries(FACTS, [soon])).toMatchObject({ measured: [], cutShort: 1 });
    const never = { kind: "redis", atMs: 2000, untilMs: 9000 } as const;
    expect(recoveries(FACTS.slice(0, 2), [never]).measured).toMatchObject([{ afterMs: 7000 }]);
  });

  it("is nothing where nothing was under way", () => {
    const idle = { kind: "redis", atMs: 5000, untilMs: 9000 } as const;
    expect(recoveries(FACTS, [idle])).toMatchObject({ measured: [], cutShort: 0 });
  });
});

describe("the time until others have what a lost worker had", () => {
  const worker = { kind: "worker", atMs: 2000, untilMs: 9000, steps: ["run_1/sync/1", "run_2/sync/1"] } as const;
  const begun = [
    { step: "run_1/sync/1", atMs: 1000 },
    { step: "run_1/sync/1", atMs: 4600 },
    { step: "run_2/sync/1", atMs: 4700 },
    { step: "run_3/sync/1", atMs: 4800 },
  ];

  it("ends when the last of its steps was begun by another one", () => {
    expect(recoveries(FACTS, [worker], begun).takeoversMs).toEqual([2700]);
  });

  it("counts as long as there was time where nobody has begun one of them", () => {
    expect(recoveries(FACTS, [worker], begun.slice(0, 2)).takeoversMs).toEqual([7000]);
  });

  it("is nothing for what no worker had, and for what else may be lost", () => {
    const idle = { ...worker, steps: [] };
    expect(recoveries(FACTS, [idle, { kind: "redis", atMs: 2000, untilMs: 9000 }], begun).takeoversMs).toEqual([]);
  });
});
