import { describe, expect, it } from "vitest";

import type { Plan, PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, RunSpec, step, types } from "../../support/run-spec.ts";

function note(key: string, text = ""): PlanNode {
  return step(key, "slack/alert", { with: { text } });
}

function run(more: Partial<Plan> = {}): RunSpec {
  const steps = [{ type: "lock", key: "lock", keys: "k", whenLocked: "queue", steps: [note("work")] } as const];
  const last = [note("tell", "${{ run.status }}"), note("clean")];
  return new RunSpec([{ name: "staging" }], promotePlan({ steps, onFailure: [], finally: last, ...more }));
}

const CANCEL = { type: "cancel", actor: "p_ana", reason: "" } as const;
const RETRY = { type: "retry", actor: "p_ana" } as const;

describe("what is done at the end", () => {
  it("comes after the steps, and the run succeeds when it has gone well", () => {
    const spec = run();
    expect(types(spec.succeed("/work"))).toEqual(["step.succeeded", "lock.released", "run.concluding", "step.started"]);
    expect(spec.state).toMatchObject({ status: "concluding", conclusion: "succeeded" });
    expect(spec.step("finally/tell").input).toEqual({ text: "succeeded" });
    spec.succeed("/tell");
    expect(types(spec.succeed("/clean"))).toEqual(["step.succeeded", "run.finished"]);
    expect(spec.state.status).toBe("succeeded");
  });

  it("leaves no fact where a command has nothing of it", () => {
    expect(types(run({ finally: [] }).succeed("/work"))).not.toContain("run.concluding");
  });

  it("comes after what is done about a failure, and the run has failed", () => {
    const spec = run({ onFailure: [note("alert")] });
    spec.fail("/work", { code: "x" });
    expect(spec.state.status).toBe("failing");
    spec.succeed("/alert");
    expect(spec.step("finally/tell").input).toEqual({ text: "failed" });
    spec.succeed("/tell");
    spec.fail("/clean", { code: "y" });
    expect(spec.state).toMatchObject({ status: "failed", failure: { failure: { code: "x" } } });
  });

  it("comes after a cancel, when everything has stopped and the locks are given back", () => {
    const spec = run();
    spec.when(CANCEL);
    expect(types(spec.fail("/work", { code: "cancelled" }))).toEqual([
      "step.cancelled",
      "lock.released",
      "run.concluding",
      "step.started",
    ]);
    expect(spec.step("finally/tell").input).toEqual({ text: "cancelled" });
    spec.succeed("/tell");
    spec.fail("/clean", { code: "y" });
    expect(spec.state.status).toBe("cancelled");
    expect(spec.state.failure).toBeUndefined();
  });

  it("that fails makes a run that had succeeded a failed one, and the rest of it is left", () => {
    const spec = run();
    spec.succeed("/work");
    expect(types(spec.fail("/tell", { code: "slack.down" }))).toEqual(["step.failed", "run.failed", "run.finished"]);
    expect(spec.state).toMatchObject({
      status: "failed",
      failure: { path: "promote/finally/tell", failure: { code: "slack.down" } },
    });
    expect(spec.state.steps.has("promote/finally/clean")).toBe(false);
  });

  it("that failed is all that a retry of such a run does over", () => {
    const spec = run();
    spec.succeed("/work");
    spec.fail("/tell", { code: "slack.down" });
    expect(types(spec.when(RETRY))).toEqual(["run.retried", "run.concluding", "step.started"]);
    expect(spec.step("/work").attempt).toBe(1);
    expect(spec.step("/tell")).toMatchObject({ attempt: 2, input: { text: "succeeded" } });
    spec.succeed("/tell");
    spec.succeed("/clean");
    expect(spec.state.status).toBe("succeeded");
  });

  it("is done again at the end of a run that is retried", () => {
    const spec = run();
    spec.fail("/work", { code: "x" });
    spec.succeed("/tell");
    spec.succeed("/clean");
    spec.when(RETRY);
    expect(spec.state.steps.has("promote/finally/tell")).toBe(false);
    spec.succeed("/work");
    expect(spec.step("/tell")).toMatchObject({ attempt: 2, input: { text: "succeeded" } });
    spec.succeed("/tell");
    spec.succeed("/clean");
    expect(spec.state.status).toBe("succeeded");
  });

  it("is ended by a second cancel, and a run that had succeeded was cancelled then", () => {
    const cancelled = run();
    cancelled.when(CANCEL);
    cancelled.fail("/work", { code: "cancelled" });
    cancelled.when(CANCEL);
    expect(types(cancelled.fail("/tell", { code: "cancelled" }))).toEqual(["step.cancelled", "run.finished"]);
    expect(cancelled.state.status).toBe("cancelled");
    const succeeded = run();
    succeeded.succeed("/work");
    succeeded.when(CANCEL);
    succeeded.fail("/tell", { code: "cancelled" });
    expect(succeeded.state.status).toBe("cancelled");
    succeeded.when(RETRY);
    expect(succeeded.step("/tell")).toMatchObject({ status: "running", attempt: 2 });
    expect(succeeded.step("/work").attempt).toBe(1);
  });

  it("is not cut off by the time limit of the command", () => {
    const spec = run({ timeoutMs: 60_000 });
    spec.at += 60_000;
    spec.when({ type: "wake" });
    expect(spec.state).toMatchObject({ status: "concluding", failure: { failure: { code: "run.timeout" } } });
    spec.at += 60_000;
    expect(spec.when({ type: "wake" })).toEqual([]);
    expect(spec.state.status).toBe("concluding");
  });
});

describe("what a run gives", () => {
  const outputs = { found: "${{ steps.work.outputs.found }}", plain: ["x"] };

  it("is said when it has succeeded, also when something is done at the end", () => {
    const spec = run({ outputs, finally: [] });
    spec.succeed("/work", { found: "it" });
    expect(spec.state.outputs).toEqual({ found: "it", plain: ["x"] });
    const later = run({ outputs });
    later.succeed("/work", { found: "it" });
    later.succeed("/tell");
    expect(later.succeed("/clean").at(-1)).toMatchObject({ type: "run.finished", outputs: { found: "it" } });
  });

  it("is nothing when it has failed", () => {
    const spec = run({ outputs, finally: [] });
    spec.fail("/work", { code: "x" });
    expect(spec.state.outputs).toBeUndefined();
  });

  it("fails the run when it cannot be told", () => {
    const spec = run({ outputs, finally: [] });
    spec.succeed("/work", {});
    expect(spec.state).toMatchObject({
      status: "failed",
      failure: { path: "promote/outputs", failure: { code: "expression.failed" } },
    });
    spec.when(RETRY);
    expect(spec.state.status).toBe("failed");
  });
});

describe("secrets", () => {
  it("are passed on by their names", () => {
    const spec = run({ secrets: ["TOKEN"], steps: [note("work", "${{ secrets.TOKEN }}")] });
    expect(spec.step("/work").input).toEqual({ text: { secret: "TOKEN" } });
  });
});
