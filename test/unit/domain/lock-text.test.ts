import { describe, expect, it } from "vitest";

import { holdReason, lockRefusal } from "../../../src/domain/lock-text.ts";
import { shortId } from "../../../src/platform/ids.ts";
import { RULE, RUN, RunSpec } from "../../support/run-spec.ts";

const ASK = { run: "run_other", keys: ["checkout/prod"], whenLocked: "refuse" } as const;

describe("a request for a lock that cannot wait", () => {
  it("is refused in words that name who has it", () => {
    expect(lockRefusal({ kind: "free" }, ASK)).toBeUndefined();
    expect(lockRefusal({ kind: "taken", run: RUN }, ASK)?.message).toContain(`is locked by ${shortId(RUN)}, and`);
    expect(lockRefusal({ kind: "taken", run: undefined }, ASK)?.message).toContain("is locked by another run");
    const lock = { key: "checkout/prod", owner: "p_olga", reason: "load test", since: 1 };
    expect(lockRefusal({ kind: "hand-locked", lock }, ASK)).toEqual({
      code: "lock.by-hand",
      message: expect.stringContaining("checkout/prod is locked by hand (load test), and this command does not wait"),
      retry: "never",
      details: { key: "checkout/prod", reason: "load test" },
    });
  });

  it("waits where it may, but never for one that waits for it", () => {
    const queue = { ...ASK, whenLocked: "queue" } as const;
    expect(lockRefusal({ kind: "taken", run: RUN }, queue)).toBeUndefined();
    expect(lockRefusal({ kind: "cycle", run: RUN }, queue)).toMatchObject({
      code: "lock.cycle",
      details: { run: RUN },
    });
  });
});

describe("why a hold is left", () => {
  it("says from which revision, as far as a step or a gate has said it", () => {
    const run = new RunSpec([{ name: "prod", approval: RULE }]);
    expect(holdReason(run.state)).toBe(`rolled back by ${shortId(RUN)}`);
    run.open("gate", { fromRevision: "abc1236e5fc00f02201571422a458ffec6552104" });
    expect(holdReason(run.state)).toBe(`rolled back from abc1236 by ${shortId(RUN)}`);
    run.decide("gate");
    const { path, attempt, token } = run.step("sync");
    const output = { operation: { before: { revision: "e6c07a94fc0ead1609271377df73999fe1e5735f" } } };
    run.when({ type: "outcome", path, attempt, token, outcome: { status: "succeeded", output } });
    expect(holdReason(run.state)).toBe(`rolled back from e6c07a9 by ${shortId(RUN)}`);
  });
});
