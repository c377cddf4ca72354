import { describe, expect, it } from "vitest";

import { isAfter } from "../../../src/domain/plan-walk.ts";
import type { ParallelNode, PlanNode } from "../../../src/domain/plan.ts";
import { isUnderWay } from "../../../src/domain/run-state.ts";
import { promotePlan, RULE, RunSpec, SHA, step, types } from "../../support/run-spec.ts";

const TARGET = { app: "main/argocd/checkout-prod", revision: SHA };
const GATE = step("gate", "approval", { with: TARGET });
const sync = (key: string): PlanNode => step(key, "argocd/sync", { with: TARGET });
const note = (key: string): PlanNode => step(key, "slack/alert");
const VOID = { code: "approval.void", message: "another commit is live", details: { changed: ["fromRevision"] } };

function group(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "group", key, steps };
}

function parallel(branches: readonly PlanNode[], more: Partial<ParallelNode> = {}): ParallelNode {
  return { type: "parallel", key: "parallel", branches, ...more };
}

function run(steps: readonly PlanNode[]): RunSpec {
  return new RunSpec([{ name: "prod", approval: RULE }], promotePlan({ steps: [...steps], onFailure: [] }));
}

/** The ids of the steps that are under way. */
function underWay(spec: RunSpec): string[] {
  return [...spec.state.steps.values()].filter(isUnderWay).map(({ path }) => path.slice("promote/".length));
}

function approve(spec: RunSpec): void {
  spec.open("gate");
  spec.decide("gate");
}

describe("what comes after a step in a branch", () => {
  it("is what follows in the branch and after the block, never what stands beside it", () => {
    const plan = promotePlan({
      steps: [note("a"), parallel([group("g", [note("b"), note("c")]), group("h", [note("d"), note("e")])]), note("f")],
    });
    const names = ["a", "parallel/b", "parallel/c", "parallel/d", "parallel/e", "f"];
    const after = (path: string): string[] =>
      names.filter((name) => isAfter(plan, `promote/${path}`)(`promote/${name}`));
    expect(after("parallel/b")).toEqual(["parallel/c", "f"]);
    expect(after("parallel/c")).toEqual(["f"]);
    expect(after("parallel/e")).toEqual(["f"]);
    expect(after("a")).toEqual(["parallel/b", "parallel/c", "parallel/d", "parallel/e", "f"]);
  });
});

describe("an approval that turns out void", () => {
  it("in a branch is asked for anew there, and the others go on", () => {
    const spec = run([parallel([group("g", [GATE, sync("sync")]), group("h", [note("long"), note("more")])])]);
    approve(spec);
    expect(types(spec.fail("sync", VOID))).toEqual(["step.failed", "gate.voided", "step.started"]);
    expect(underWay(spec)).toEqual(["parallel/gate", "parallel/long"]);
    spec.succeed("long");
    expect(underWay(spec)).toEqual(["parallel/gate", "parallel/more"]);
  });

  it("before branches is asked for anew when what runs beside the one that noticed has come to rest", () => {
    const spec = run([
      GATE,
      parallel([sync("one"), group("h", [sync("two"), note("never")]), step("ask", "approval")]),
      note("after"),
    ]);
    approve(spec);
    expect(types(spec.fail("one", VOID))).toEqual(["step.failed", "branch.failed", "step.cancelled"]);
    expect(underWay(spec)).toEqual(["parallel/two"]);
    expect(types(spec.succeed("two"))).toEqual(["step.succeeded", "gate.voided", "step.started"]);
    expect(spec.step("gate")).toMatchObject({ status: "running", attempt: 2 });
    expect([...spec.state.steps.keys()]).toEqual(["promote/gate"]);
    approve(spec);
    expect(underWay(spec)).toEqual(["parallel/one", "parallel/two", "parallel/ask"]);
    expect(spec.step("two").attempt).toBe(2);
  });

  it("is asked for once where several notice it", () => {
    const spec = run([GATE, parallel([sync("one"), sync("two")])]);
    approve(spec);
    spec.fail("one", VOID);
    expect(spec.fail("two", { ...VOID, details: { changed: ["sourceDigest"] } })).toMatchObject([
      { type: "step.failed" },
      { type: "branch.failed" },
      { type: "gate.voided", changed: ["fromRevision", "sourceDigest"], message: "another commit is live" },
      { type: "step.started" },
    ]);
  });

  it("does not hide that something else failed beside it", () => {
    const spec = run([GATE, parallel([sync("one"), note("two")])]);
    approve(spec);
    spec.fail("one", VOID);
    spec.fail("two", { code: "x" });
    expect(spec.state).toMatchObject({ status: "failed", failure: { path: "promote/parallel/one" } });
    const other = run([GATE, parallel([note("two"), sync("one")], { failFast: false })]);
    approve(other);
    other.fail("two", { code: "x" });
    other.fail("one", VOID);
    expect(other.state).toMatchObject({ status: "failed", failure: { failure: { code: "x" } } });
  });

  it("is no more than a failure of its branch while the others come to rest", () => {
    const spec = run([parallel([group("g", [GATE, sync("sync")]), note("other"), note("long")])]);
    approve(spec);
    spec.fail("other", { code: "x" });
    spec.fail("sync", VOID);
    expect(underWay(spec)).toEqual(["parallel/long"]);
    spec.succeed("long");
    expect(spec.state.failure?.failure.message).toBe("x. 2 of 3 failed: g, other.");
  });
});

describe("a step before the gate that has to be done anew", () => {
  const lock = (key: string, steps: readonly PlanNode[]): PlanNode => ({
    type: "lock",
    key,
    keys: "state",
    whenLocked: "queue",
    steps,
  });
  const STALE = { ...VOID, details: { changed: ["planFileDigest"], anew: "plan" } };

  function failStale(spec: RunSpec, details: object = STALE.details): readonly string[] {
    const { path, attempt, token } = spec.step("apply");
    const failure = { ...STALE, retry: "never", details: JSON.parse(JSON.stringify(details)) } as const;
    return types(spec.when({ type: "outcome", path, attempt, token, outcome: { status: "failed", failure } }));
  }

  it("is, with everything after it, and the gate shows that it was asked before", () => {
    const spec = run([note("first"), note("plan"), note("check"), GATE, sync("apply")]);
    for (const key of ["first", "plan", "check"]) spec.succeed(`/${key}`);
    approve(spec);
    expect(failStale(spec)).toEqual(["step.failed", "gate.voided", "step.started"]);
    expect(spec.events.at(-2)).toMatchObject({ anew: "promote/plan" });
    expect(underWay(spec)).toEqual(["plan"]);
    expect(spec.step("plan")).toMatchObject({ attempt: 2, firstAttempt: 2 });
    expect([...spec.state.steps.keys()]).toEqual(["promote/first", "promote/plan"]);
    spec.succeed("/plan");
    spec.succeed("/check");
    expect(spec.step("gate")).toMatchObject({
      status: "running",
      attempt: 2,
      voided: [{ changed: ["planFileDigest"], message: "another commit is live" }],
    });
    expect(spec.step("gate").gate).toBeUndefined();
    approve(spec);
    expect(underWay(spec)).toEqual(["apply"]);
  });

  it("takes its lock again where that was given back, and keeps the one that is held around all of it", () => {
    const apart = run([lock("lock", [note("plan")]), GATE, lock("lock-2", [sync("apply")])]);
    apart.succeed("/plan");
    approve(apart);
    expect(failStale(apart)).toEqual([
      "step.failed",
      "lock.released",
      "gate.voided",
      "lock.requested",
      "lock.acquired",
      "step.started",
    ]);
    const around = run([lock("lock", [note("plan"), GATE, sync("apply")])]);
    around.succeed("/plan");
    approve(around);
    expect(failStale(around)).toEqual(["step.failed", "gate.voided", "step.started"]);
    expect(around.state.locks.get("promote/lock")?.status).toBe("held");
  });

  it.each([{ anew: "nothing" }, { anew: "apply" }, { anew: 1 }, { anew: "gate" }])(
    "is not %j, which is no step before the gate: only that is asked anew",
    (details) => {
      const spec = run([note("plan"), GATE, sync("apply")]);
      spec.succeed("/plan");
      approve(spec);
      failStale(spec, details);
      expect(underWay(spec)).toEqual(["gate"]);
    },
  );
});
