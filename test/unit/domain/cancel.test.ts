import { describe, expect, it } from "vitest";

import { foldRun } from "../../../src/domain/evolve.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { nextWakeAt } from "../../../src/domain/wake.ts";
import { promotePlan, RULE, RUN, RunSpec, START, step, types } from "../../support/run-spec.ts";

const CANCEL = { type: "cancel", actor: "p_marco", reason: "wrong commit" } as const;
const OPERATION = { run: RUN, step: "sync" };

function inStaging(): RunSpec {
  return new RunSpec([{ name: "staging" }]);
}

function checkpointed(spec: RunSpec, data: Record<string, number>): void {
  const { path, attempt, token } = spec.step("sync");
  spec.when({ type: "checkpoint", path, attempt, token, data });
}

describe("cancelling a run", () => {
  it("ends a wait at once, then what the sync before it may have left running, and only then gives the lock back", () => {
    const spec = inStaging();
    spec.succeed("sync", { operation: OPERATION });
    expect(types(spec.when(CANCEL))).toEqual(["run.cancel-requested", "step.cancelled", "step.started"]);
    expect(spec.state.cancel).toEqual({ at: START, actor: "p_marco", reason: "wrong commit" });
    expect(spec.step("healthy")).toMatchObject({ status: "cancelled", note: "The run was cancelled." });
    expect(spec.step("sync/stop")).toMatchObject({
      uses: "argocd/terminate",
      status: "running",
      stops: spec.step("sync").path,
      input: { app: "main/argocd/checkout-staging", operation: OPERATION },
    });
    expect([...spec.state.locks.values()]).toMatchObject([{ status: "held" }]);
    expect(types(spec.succeed("sync/stop", { outcome: "terminated" }))).toEqual([
      "step.succeeded",
      "lock.released",
      "run.finished",
    ]);
    expect(spec.state.status).toBe("cancelled");
    expect([nextWork(spec.state), nextWakeAt(spec.state)]).toEqual([[], undefined]);
  });

  it("aborts an action that is being executed and awaits its outcome, which may be that it had succeeded", () => {
    const spec = inStaging();
    expect(types(spec.when(CANCEL))).toEqual(["run.cancel-requested"]);
    expect(nextWork(spec.state)).toMatchObject([{ type: "stop", token: spec.step("sync").token }]);
    expect(types(spec.succeed("sync", { operation: OPERATION }))).toEqual(["step.succeeded", "step.started"]);
    expect(spec.step("sync/stop").input["operation"]).toEqual(OPERATION);
  });

  it("lets an action that is being stopped begin nothing more", () => {
    const spec = inStaging();
    spec.when(CANCEL);
    const before = spec.events.length;
    checkpointed(spec, { postedAtMs: 1 });
    expect(spec.events).toHaveLength(before);
  });

  it("has nothing to end where nothing had been begun", () => {
    const spec = inStaging();
    spec.when(CANCEL);
    expect(types(spec.fail("sync", { code: "cancelled" }))).toEqual([
      "step.cancelled",
      "lock.released",
      "run.finished",
    ]);
    expect(spec.step("sync").note).toBe("It was stopped, because the run was cancelled.");
  });

  it("takes what was refused to begin anything, because the run was being cancelled, for stopped", () => {
    const spec = inStaging();
    spec.when(CANCEL);
    expect(types(spec.fail("sync", { code: "step.superseded" }))).toEqual([
      "step.cancelled",
      "lock.released",
      "run.finished",
    ]);
  });

  it("ends what a stopped action had written down that it was about to do", () => {
    const spec = inStaging();
    checkpointed(spec, { postedAtMs: 1 });
    spec.when(CANCEL);
    expect(types(spec.fail("sync", { code: "cancelled" }))).toEqual(["step.cancelled", "step.started"]);
    expect(spec.step("sync/stop").input["operation"]).toEqual({ postedAtMs: 1 });
  });

  it("keeps a failure of its own that an action ended with while it was being stopped, and does not try again", () => {
    const spec = inStaging();
    spec.when(CANCEL);
    expect(types(spec.fail("sync", { code: "argocd.rbac", retry: "backoff" }))).toEqual([
      "step.failed",
      "lock.released",
      "run.finished",
    ]);
    expect(spec.step("sync")).toMatchObject({ status: "failed", failure: { code: "argocd.rbac" } });
    expect(spec.state.status).toBe("cancelled");
  });

  it.each(["postponed", "given back"])("takes an action that is %s while it is being stopped for stopped", (how) => {
    const spec = inStaging();
    spec.when(CANCEL);
    const { path, attempt, token } = spec.step("sync");
    if (how === "postponed") spec.postpone("sync", 1000);
    else spec.when({ type: "handed-back", path, attempt, token });
    expect(spec.step("sync").status).toBe("cancelled");
    expect(spec.state.status).toBe("cancelled");
  });

  it("cuts off an action that never answers, says so, and takes no notice of it afterwards", () => {
    const spec = inStaging();
    checkpointed(spec, { postedAtMs: 1 });
    spec.when(CANCEL);
    expect(nextWakeAt(spec.state)).toBe(START + 60_000);
    spec.at = START + 60_000;
    expect(types(spec.when({ type: "wake" }))).toEqual(["step.cancelled", "step.started"]);
    expect(spec.step("sync").note).toMatch(/did not answer within 1 min, so it was cut off/u);
    expect(spec.succeed("sync")).toEqual([]);
    expect(spec.step("sync").status).toBe("cancelled");
  });

  it("goes on after a crash at any point, and ends", () => {
    const spec = inStaging();
    checkpointed(spec, { postedAtMs: 1 });
    spec.when(CANCEL);
    // Whoever executed it may be gone: it is not handed out as work again, only as something to be stopped.
    expect(spec.when({ type: "resume" })).toEqual([]);
    expect(nextWork(foldRun(RUN, spec.events))).toMatchObject([{ type: "stop" }]);
    spec.fail("sync", { code: "cancelled" });
    expect(types(spec.when({ type: "resume" }))).toEqual(["step.dispatched"]);
    expect(nextWork(spec.state)).toMatchObject([{ type: "dispatch", uses: "argocd/terminate" }]);
    spec.succeed("sync/stop");
    expect(spec.state.status).toBe("cancelled");
  });

  it("tries again to end what it may have left running, and gives up in the end", () => {
    const spec = inStaging();
    spec.succeed("sync", { operation: OPERATION });
    spec.when(CANCEL);
    spec.fail("sync/stop", { code: "argocd.unreachable", retry: "backoff" });
    expect(spec.step("sync/stop").status).toBe("retrying");
    spec.at = nextWakeAt(spec.state) ?? 0;
    expect(types(spec.when({ type: "wake" }))).toEqual(["step.started"]);
    expect(spec.step("sync/stop")).toMatchObject({ attempt: 2, stops: spec.step("sync").path });
    spec.at += 300_000;
    expect(types(spec.when({ type: "wake" }))).toEqual(["step.failed", "lock.released", "run.finished"]);
    expect(spec.state.status).toBe("cancelled");
  });

  it("ends nothing that a wait has proven to be over", () => {
    const spec = new RunSpec();
    spec.succeed("[staging]/sync", { operation: OPERATION });
    spec.succeed("[staging]/healthy");
    spec.open("[prod]/gate");
    expect(types(spec.when(CANCEL))).toEqual(["run.cancel-requested", "step.cancelled", "run.finished"]);
    expect(spec.step("[prod]/gate")).toMatchObject({ status: "cancelled", gate: { decisions: [] } });
  });

  it("closes an open gate: a click afterwards decides nothing", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.when(CANCEL);
    expect(spec.decide("gate")).toMatchObject([{ type: "gate.refused", code: "gate.closed" }]);
    expect(spec.state.status).toBe("cancelled");
  });

  it("gives up the place of a run that is queued", () => {
    const spec = new RunSpec([{ name: "staging" }], promotePlan(), ["checkout/staging"]);
    expect(types(spec.when(CANCEL))).toEqual(["run.cancel-requested", "lock.released", "run.finished"]);
    expect([...spec.state.locks.values()]).toMatchObject([{ status: "withdrawn" }]);
    expect(spec.when({ type: "locks-granted", path: "promote/for-each[staging]/lock" })).toEqual([]);
  });

  it.each(["retrying", "postponed"])("ends a step that is %s at once", (status) => {
    const spec = inStaging();
    if (status === "retrying") spec.fail("sync", { code: "x", retry: "backoff" });
    else spec.postpone("sync", 60_000);
    expect(spec.step("sync").status).toBe(status);
    spec.when(CANCEL);
    expect([spec.step("sync").status, spec.state.status]).toEqual(["cancelled", "cancelled"]);
  });

  it("cuts short what is done about a failure, and the run stays a failed one", () => {
    const spec = inStaging();
    spec.fail("sync", { code: "argocd.rbac" });
    expect(spec.state.status).toBe("failing");
    spec.when(CANCEL);
    spec.fail("alert", { code: "cancelled" });
    expect(spec.state).toMatchObject({ status: "failed", failure: { failure: { code: "argocd.rbac" } } });
  });

  it("is refused, as a fact and in words, while it is being cancelled and when it has ended", () => {
    const spec = inStaging();
    spec.when(CANCEL);
    expect(spec.when(CANCEL)).toMatchObject([{ type: "run.refused", verb: "cancel", code: "cancel.under-way" }]);
    spec.fail("sync", { code: "cancelled" });
    expect(spec.when(CANCEL)).toMatchObject([
      { code: "cancel.ended", actor: "p_marco", message: /cancelled already/u },
    ]);
    expect(spec.state.status).toBe("cancelled");
  });

  it("need not be told twice to make way for another run", () => {
    const spec = inStaging();
    expect(types(spec.when({ ...CANCEL, by: "run_2" }))).toEqual(["run.cancel-requested"]);
    expect(spec.state.cancel?.by).toBe("run_2");
    expect(spec.when({ ...CANCEL, by: "run_2" })).toEqual([]);
  });

  it("lets no step of the same name in the command answer for the stopping", () => {
    const plan = promotePlan({
      steps: [
        step("sync", "argocd/sync", {
          with: { app: "main/argocd/checkout-staging" },
          stopWith: "argocd/terminate",
        }),
        step("stop", "argocd/wait", { timeoutMs: 1 }),
      ],
    });
    const spec = new RunSpec([{ name: "staging" }], plan);
    spec.succeed("sync", { operation: OPERATION });
    spec.when(CANCEL);
    expect(spec.state.steps.get("promote/sync/stop")?.deadlineAt).toBe(START + 300_000);
  });
});
