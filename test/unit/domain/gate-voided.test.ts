import { describe, expect, it } from "vitest";

import { nextWakeAt } from "../../../src/domain/wake.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import type { PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, RULE, RunSpec, SHA, START, step, types } from "../../support/run-spec.ts";

const PROD = { app: "main/argocd/checkout-prod", revision: SHA };
const VOID = { code: "approval.void", message: "what is live changed", details: { changed: ["fromRevision"] } };

function lockedSync(key: string): PlanNode {
  return {
    type: "lock",
    key,
    keys: "checkout/prod",
    whenLocked: "queue",
    steps: [step("sync", "argocd/sync", { with: PROD })],
  };
}

function spec(steps: readonly PlanNode[], taken: readonly string[] = []): RunSpec {
  return new RunSpec([{ name: "prod", approval: RULE }], promotePlan({ steps: [...steps] }), taken);
}

describe("an approval that is void when the sync starts", () => {
  it("asks again and then syncs, where the gate stands in a block of its own", () => {
    const run = spec([
      { type: "group", key: "group", steps: [step("gate", "approval", { with: PROD })] },
      lockedSync("lock"),
    ]);
    run.open("gate");
    run.decide("gate");
    expect(types(run.fail("sync", VOID))).toEqual(["step.failed", "lock.released", "gate.voided", "step.started"]);
    expect([...run.state.locks.values()]).toEqual([]);
    run.open("gate");
    run.decide("gate");
    expect(nextWork(run.state)).toMatchObject([{ uses: "argocd/sync", effect: { attempt: 2 } }]);
  });

  it("gives back the locks of a loop that follows the one in which the gate stands", () => {
    const run = spec([
      {
        type: "for-each",
        key: "for-each",
        items: "['a']",
        as: "item",
        steps: [step("gate", "approval", { with: PROD })],
      },
      { type: "for-each", key: "for-each-2", items: "['a']", as: "item", steps: [lockedSync("lock")] },
    ]);
    run.open("gate");
    run.decide("gate");
    expect(types(run.fail("sync", VOID))).toContain("lock.released");
    run.open("gate");
    run.decide("gate");
    expect(nextWork(run.state)).toMatchObject([{ uses: "argocd/sync", effect: { attempt: 2 } }]);
  });

  it("gives people the whole time for the new request", () => {
    const timeoutMs = 600_000;
    const run = spec([step("gate", "approval", { with: PROD, timeoutMs }), lockedSync("lock")], ["checkout/prod"]);
    run.open("gate");
    run.decide("gate");
    run.at = START + 7_200_000;
    run.taken.clear();
    run.when({ type: "locks-granted", path: "promote/lock" });
    run.fail("sync", VOID);
    expect(nextWakeAt(run.state)).toBe(run.at + timeoutMs);
    expect(run.when({ type: "wake" })).toEqual([]);
  });

  it("is not asked for again when the run has failed already and only cleans up", () => {
    const run = new RunSpec(
      [{ name: "prod", approval: RULE }],
      promotePlan({
        steps: [step("gate", "approval", { with: PROD }), step("work", "slack/alert")],
        onFailure: [step("back", "argocd/sync", { with: PROD })],
      }),
    );
    run.open("gate");
    run.decide("gate");
    run.fail("work", { code: "x" });
    expect(types(run.fail("back", VOID))).toEqual(["step.failed", "run.finished"]);
    expect(run.step("gate").status).toBe("succeeded");
  });

  it("takes the lock around the gate again, where that was given back before something after it found the approval void", () => {
    const run = spec([
      {
        type: "lock",
        key: "lock",
        keys: "checkout/prod",
        whenLocked: "queue",
        steps: [step("gate", "approval", { with: PROD }), step("sync", "argocd/sync", { with: PROD })],
      },
      step("again", "argocd/sync", { with: PROD }),
    ]);
    run.open("gate");
    run.decide("gate");
    run.succeed("sync");
    expect(run.state.locks.get("promote/lock")?.status).toBe("released");
    expect(types(run.fail("again", VOID))).toEqual([
      "step.failed",
      "gate.voided",
      "lock.requested",
      "lock.acquired",
      "step.started",
    ]);
    expect(run.step("gate").voided).toMatchObject([{ changed: ["fromRevision"] }]);
    run.open("gate");
    run.decide("gate");
    expect(run.state.locks.get("promote/lock")?.status).toBe("held");
    expect(nextWork(run.state)).toMatchObject([{ uses: "argocd/sync", effect: { path: "promote/sync", attempt: 2 } }]);
  });
});
