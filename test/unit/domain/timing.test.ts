import { describe, expect, it } from "vitest";

import { nextWakeAt } from "../../../src/domain/wake.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { promotePlan, RULE, RunSpec, SHA, START, step, types } from "../../support/run-spec.ts";

const HOUR = 3_600_000;
const STAGING = { app: "main/argocd/checkout-staging", revision: SHA };

describe("a run whose command has a time limit", () => {
  it("ends at it while it waits for a lock, gives its place in the queue up and alerts", () => {
    const run = new RunSpec([{ name: "staging" }], promotePlan({ timeoutMs: HOUR }), ["checkout/staging"]);
    expect(nextWakeAt(run.state)).toBe(START + HOUR);
    run.at = START + HOUR;
    expect(types(run.when({ type: "wake" }))).toEqual(["lock.released", "run.failed", "step.started"]);
    expect(run.state.failure?.failure).toMatchObject({
      code: "run.timeout",
      message: "The run did not end within 1 h, the time limit of its command.",
    });
    expect(nextWork(run.state)).toMatchObject([{ uses: "slack/alert" }]);
    run.succeed("alert");
    expect(run.state.status).toBe("failed");
    expect(run.when({ type: "locks-granted", path: "promote/for-each[staging]/lock" })).toEqual([]);
  });

  it("ends at it in the middle of a step, with that step's last words", () => {
    const run = new RunSpec([{ name: "staging" }], promotePlan({ timeoutMs: 60_000 }));
    const path = run.step("[staging]/sync").path;
    run.at = START + 60_000;
    const events = run.when({ type: "wake", lastWords: new Map([[path, "Waiting for pods"]]) });
    expect(events[0]).toMatchObject({
      type: "step.failed",
      failure: {
        code: "run.timeout",
        message: "The run did not end within 1 min, the time limit of its command. Last: Waiting for pods",
        retry: "never",
      },
    });
    expect(run.state.status).toBe("failing");
  });

  it("does not cut off what it does about its failure", () => {
    const run = new RunSpec([{ name: "staging" }], promotePlan({ timeoutMs: HOUR }));
    run.fail("[staging]/sync", { code: "argocd.rbac" });
    run.at = START + HOUR;
    expect(run.when({ type: "wake" })).toEqual([]);
    expect(nextWakeAt(run.state)).toBeUndefined();
  });
});

describe("an attempt that was postponed", () => {
  const plan = promotePlan({
    steps: [step("sync", "argocd/sync", { with: STAGING, attemptTimeoutMs: 60_000, timeoutMs: HOUR })],
  });

  it("has its whole time again once it is handed out, because nothing was done before", () => {
    const run = new RunSpec([{ name: "staging" }], plan);
    run.postpone("sync", 90_000);
    run.at = START + 90_000;
    expect(types(run.when({ type: "wake" }))).toEqual(["step.dispatched"]);
    expect(nextWakeAt(run.state)).toBe(START + 150_000);
    expect(run.when({ type: "wake" })).toEqual([]);
    run.at = START + 150_000;
    expect(run.when({ type: "wake" })).toMatchObject([
      {
        type: "step.failed",
        failure: { code: "attempt.timeout", message: "The attempt took longer than 1 min." },
      },
      {},
      {},
    ]);
  });

  it("does not get more time by a restart of the server", () => {
    const run = new RunSpec([{ name: "staging" }], plan);
    run.at = START + 30_000;
    run.when({ type: "resume" });
    expect(nextWakeAt(run.state)).toBe(START + 60_000);
  });

  it("comes back ever less often, so that the log of a long wait grows ever more slowly", () => {
    const run = new RunSpec([{ name: "prod", approval: RULE }]);
    while (run.at < START + 4 * HOUR && run.events.length < 1000) {
      run.postpone("gate", 10_000);
      run.at = nextWakeAt(run.state) ?? Infinity;
      run.when({ type: "wake" });
    }
    expect(run.at).toBeGreaterThan(START + 4 * HOUR);
    const waited = run.at - START;
    run.postpone("gate", 10_000);
    expect((nextWakeAt(run.state) ?? Infinity) - run.at).toBeLessThanOrEqual(waited / 100 + 1);
  });

  it("is not waited for as long as the clock was wrong, when that is set right", () => {
    const run = new RunSpec([{ name: "staging" }], plan);
    run.at = START + HOUR / 2;
    run.postpone("sync", 10_000);
    run.at = START + HOUR / 2 - 500;
    expect(run.when({ type: "wake" })).toEqual([]);
    run.at = START + 1000;
    expect(types(run.when({ type: "wake" }))).toEqual(["step.dispatched"]);
  });

  it("comes back as soon as it asked for, while it waits for minutes only", () => {
    const run = new RunSpec([{ name: "staging" }], plan);
    run.at = START + 600_000;
    expect(run.postpone("sync", 10_000)).toMatchObject([{ until: START + 610_000 }]);
  });
});

describe("an open gate", () => {
  it("is looked at when it expires, whatever other limits its step has", () => {
    const run = new RunSpec(
      [{ name: "prod", approval: RULE }],
      promotePlan({ steps: [step("gate", "approval", { with: STAGING, attemptTimeoutMs: 1000 })] }),
    );
    run.open("gate");
    expect(nextWakeAt(run.state)).toBe(START + RULE.expiresMs);
  });
});
