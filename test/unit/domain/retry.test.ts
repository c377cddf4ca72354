import { describe, expect, it } from "vitest";

import { retryChoices } from "../../../src/domain/retry.ts";
import { nextWakeAt } from "../../../src/domain/wake.ts";
import { promotePlan, RULE, RunSpec, SHA, START, step, types } from "../../support/run-spec.ts";

const RETRY = { type: "retry", actor: "p_marco" } as const;
const IN_STAGING = "promote/for-each[staging]";

function degraded(): RunSpec {
  const spec = new RunSpec([{ name: "staging" }]);
  spec.succeed("sync", { operation: "op-1" });
  spec.fail("healthy", { code: "argocd.degraded" });
  spec.succeed("alert");
  expect(spec.state.status).toBe("failed");
  return spec;
}

describe("retrying a run", () => {
  it("does over only what failed, with the next attempt, all of its time and its lock, and forgets what was done about it", () => {
    const spec = degraded();
    spec.at = START + 3_600_000;
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "lock.requested", "lock.acquired", "step.started"]);
    expect(spec.state).toMatchObject({ status: "running", failure: undefined, finishedAt: undefined });
    expect(spec.state.retries).toEqual([{ at: spec.at, actor: "p_marco", from: `${IN_STAGING}/healthy` }]);
    expect(spec.step("healthy")).toMatchObject({
      attempt: 2,
      firstAttempt: 2,
      deadlineAt: spec.at + 900_000,
      input: { operation: "op-1" },
    });
    expect(spec.step("sync").attempt).toBe(1);
    expect(spec.state.steps.has("promote/on-failure/alert")).toBe(false);
    expect(spec.state.forgotten.get(`${IN_STAGING}/healthy`)).toMatchObject([{ failure: { code: "argocd.degraded" } }]);
    expect(types(spec.succeed("healthy"))).toEqual(["step.succeeded", "lock.released", "run.finished"]);
    expect(spec.state.status).toBe("succeeded");
  });

  it("offers, after a failed wait, to wait again and to sync again", () => {
    const spec = degraded();
    expect(retryChoices(spec.state)).toEqual([
      { kind: "wait", path: `${IN_STAGING}/healthy` },
      { kind: "sync", path: `${IN_STAGING}/sync` },
    ]);
    spec.when({ ...RETRY, from: `${IN_STAGING}/sync` });
    expect(spec.step("sync")).toMatchObject({ status: "running", attempt: 2, firstAttempt: 2 });
    expect(spec.step("sync").checkpoint).toBeUndefined();
    expect(spec.state.steps.has(`${IN_STAGING}/healthy`)).toBe(false);
    expect(retryChoices(spec.state)).toEqual([]);
  });

  it("syncs again where what was done about the failure has put something else there", () => {
    const before = "b".repeat(40);
    const back = step("back", "argocd/sync", {
      with: { app: "${{ failure.place.app }}", revision: "${{ failure.place.before }}" },
    });
    const spec = new RunSpec([{ name: "staging" }], promotePlan({ onFailure: [back] }));
    spec.succeed("[staging]/sync", { operation: "op-1", before });
    spec.fail("healthy", { code: "argocd.degraded" });
    spec.succeed("on-failure/back", { before: SHA });
    expect(retryChoices(spec.state)).toEqual([{ kind: "sync", path: `${IN_STAGING}/sync` }]);
    // As a button says that was drawn before, or somebody who types it.
    spec.when({ ...RETRY, from: `${IN_STAGING}/healthy` });
    expect(spec.step("[staging]/sync")).toMatchObject({ status: "running", attempt: 2 });
    expect(spec.state.steps.has(`${IN_STAGING}/healthy`)).toBe(false);
  });

  it("hands what a step that failed had written down to the next attempt, as long as nothing before it is done over", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    const note = (): void => {
      const { path, attempt, token } = spec.step("sync");
      spec.when({ type: "checkpoint", path, attempt, token, data: { left: attempt } });
    };
    note();
    spec.fail("sync", { code: "argocd.rbac" });
    spec.succeed("alert");
    spec.when(RETRY);
    expect(spec.step("sync").checkpoint).toBeUndefined();
    expect(spec.step("sync").earlier).toEqual({ left: 1 });
    spec.fail("sync", { code: "argocd.rbac" });
    spec.succeed("alert");
    spec.when(RETRY);
    expect(spec.step("sync").earlier).toEqual({ left: 1 });
    note();
    expect(spec.step("sync")).toMatchObject({ checkpoint: { left: 3 }, earlier: { left: 1 } });
    spec.succeed("sync", { operation: "op-1" });
    spec.fail("healthy", { code: "argocd.degraded" });
    spec.succeed("alert");
    spec.when({ ...RETRY, from: `${IN_STAGING}/sync` });
    expect(spec.step("sync").earlier).toBeUndefined();
  });

  it("hands on nothing of a step when a step before it is done over, which may find another world", () => {
    const spec = new RunSpec([], promotePlan({ steps: [step("first", "test/a"), step("second", "test/b")] }));
    spec.succeed("first");
    const { path, attempt, token } = spec.step("second");
    spec.when({ type: "checkpoint", path, attempt, token, data: { left: 1 } });
    spec.fail("second", { code: "test.broken" });
    spec.succeed("alert");
    spec.when({ ...RETRY, from: "first" });
    spec.succeed("first");
    expect(spec.step("second").attempt).toBe(2);
    expect(spec.step("second").earlier).toBeUndefined();
  });

  it("fails again as before, tells people again, and can be retried again", () => {
    const spec = degraded();
    spec.when(RETRY);
    spec.fail("healthy", { code: "argocd.degraded" });
    expect(spec.step("alert").attempt).toBe(2);
    spec.succeed("alert");
    spec.when(RETRY);
    expect(spec.step("healthy").attempt).toBe(3);
    expect(spec.state.forgotten.get(`${IN_STAGING}/healthy`)).toHaveLength(2);
  });

  it("lets automatic tries count anew", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      spec.fail("sync", { code: "argocd.unreachable", retry: "backoff" });
      spec.at = nextWakeAt(spec.state) ?? spec.at;
      spec.when({ type: "wake" });
    }
    spec.succeed("alert");
    spec.when(RETRY);
    spec.fail("sync", { code: "argocd.unreachable", retry: "backoff" });
    expect(spec.step("sync")).toMatchObject({ status: "retrying", attempt: 4, wakeAt: spec.at + 5000 });
  });

  it("keeps the approval that lets a sync through", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.decide("gate");
    spec.fail("sync", { code: "argocd.rbac" });
    spec.succeed("alert");
    expect(retryChoices(spec.state)).toEqual([{ kind: "sync", path: "promote/for-each[prod]/sync" }]);
    spec.when(RETRY);
    expect(spec.step("gate")).toMatchObject({ status: "succeeded", attempt: 1 });
    expect(spec.step("sync")).toMatchObject({ status: "running", approval: { gate: spec.step("gate").path } });
  });

  it.each(["rejected", "expired"])("asks again after a gate that was %s, as an opening of its own", (how) => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    if (how === "rejected") spec.decide("gate", { decision: "reject", reason: "not today", current: undefined });
    else {
      spec.at = START + RULE.expiresMs;
      spec.when({ type: "wake" });
    }
    spec.succeed("alert");
    expect(spec.state.status).toBe("failed");
    spec.at += 1000;
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "step.started"]);
    expect(spec.step("gate")).toMatchObject({
      status: "running",
      attempt: 2,
      voided: [{ at: spec.at, changed: [], message: expect.stringContaining("retried") }],
    });
    expect(spec.step("gate").gate).toBeUndefined();
    expect(spec.state.forgotten.get(spec.step("gate").path)?.[0]?.gate?.decisions).toHaveLength(
      how === "rejected" ? 1 : 0,
    );
    spec.open("gate");
    expect(spec.step("gate").gate?.expiresAt).toBe(spec.at + RULE.expiresMs);
  });

  it("asks again for an approval when it is retried from the gate", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.decide("gate");
    spec.succeed("sync", { operation: "op-1" });
    spec.fail("healthy", { code: "argocd.degraded" });
    spec.succeed("alert");
    expect(types(spec.when({ ...RETRY, from: "gate" }))).toEqual(["run.retried", "step.started"]);
    expect([...spec.state.steps.keys()]).toEqual(["promote/for-each[prod]/gate"]);
    expect(spec.state.locks.size).toBe(0);
  });

  it("gives a run whose time was up all of its time again", () => {
    const spec = new RunSpec([{ name: "staging" }], promotePlan({ timeoutMs: 60_000 }), ["checkout/staging"]);
    spec.at = START + 60_000;
    spec.when({ type: "wake" });
    spec.succeed("alert");
    spec.at += 1_000_000;
    expect(retryChoices(spec.state)).toEqual([{ kind: "retry", path: `${IN_STAGING}/lock` }]);
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "lock.requested"]);
    expect(nextWakeAt(spec.state)).toBe(spec.at + 60_000);
  });

  it("asks anew for a lock that was refused", () => {
    const lock = {
      type: "lock",
      key: "lock",
      keys: "k",
      whenLocked: "refuse",
      steps: [step("say", "slack/alert")],
    } as const;
    const spec = new RunSpec([{ name: "staging" }], promotePlan({ steps: [lock], onFailure: [] }), ["k"]);
    expect(spec.state.failure?.failure.code).toBe("lock.taken");
    spec.taken.clear();
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "lock.requested", "lock.acquired", "step.started"]);
  });

  it("does over the sync of a cancelled run when it had to be ended, as nothing can be built on it", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    spec.succeed("sync", { operation: "op-1" });
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    spec.succeed("sync/stop", { outcome: "terminated" });
    expect(retryChoices(spec.state)).toEqual([{ kind: "sync", path: `${IN_STAGING}/sync` }]);
    spec.when(RETRY);
    expect(spec.state).toMatchObject({ status: "running", cancel: undefined });
    expect([...spec.state.steps.keys()]).toEqual([`${IN_STAGING}/gate`, `${IN_STAGING}/sync`]);
    expect(spec.step("sync").attempt).toBe(2);
    spec.succeed("sync", { operation: "op-2" });
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    expect(spec.step("sync/stop")).toMatchObject({ attempt: 2, input: { operation: "op-2" } });
  });

  it("lets a run that was cancelled in the queue queue again", () => {
    const spec = new RunSpec([{ name: "staging" }], promotePlan(), ["checkout/staging"]);
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "lock.requested"]);
  });

  it("goes on between two steps where a run was cancelled there", () => {
    const plan = promotePlan({ steps: [step("first", "slack/alert"), step("second", "slack/alert")] });
    const spec = new RunSpec([{ name: "staging" }], plan);
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    spec.succeed("first");
    expect(spec.state.status).toBe("cancelled");
    expect(retryChoices(spec.state)).toEqual([{ kind: "retry", path: "" }]);
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "step.started"]);
    expect([spec.step("first").attempt, spec.step("second").attempt]).toEqual([1, 1]);
  });

  it("takes a lock again for a step after which it had been given back", () => {
    const inner = [step("sync", "argocd/sync", { with: { app: "main/argocd/checkout-staging", revision: SHA } })];
    const plan = promotePlan({
      steps: [
        { type: "lock", key: "lock", keys: "k", whenLocked: "queue", steps: inner },
        step("probe", "argocd/wait"),
      ],
      onFailure: [],
    });
    const spec = new RunSpec([{ name: "staging" }], plan);
    spec.succeed("sync");
    spec.fail("probe", { code: "http.bad" });
    expect(retryChoices(spec.state).map(({ kind }) => kind)).toEqual(["wait"]);
    expect(types(spec.when({ ...RETRY, from: "sync" }))).toEqual([
      "run.retried",
      "lock.requested",
      "lock.acquired",
      "step.started",
    ]);
  });

  it("is refused, as a fact and in words, for what has not ended, has succeeded, or has no such step", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    expect(spec.when(RETRY)).toMatchObject([{ type: "run.refused", verb: "retry", code: "retry.not-ended" }]);
    spec.succeed("sync", { operation: "op-1" });
    spec.succeed("healthy");
    expect(spec.when(RETRY)).toMatchObject([{ code: "retry.succeeded", actor: "p_marco" }]);
    const failed = degraded();
    const [refusal] = failed.when({ ...RETRY, from: "gate" });
    expect(refusal).toMatchObject({ code: "retry.no-step", message: /"gate".*"sync", "healthy"/u });
    expect(failed.state.status).toBe("failed");
  });
});
