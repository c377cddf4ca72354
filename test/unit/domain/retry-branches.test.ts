import { describe, expect, it } from "vitest";

import type { ParallelNode, PlanNode } from "../../../src/domain/plan.ts";
import { retryChoices } from "../../../src/domain/retry.ts";
import { isUnderWay } from "../../../src/domain/run-state.ts";
import { promotePlan, RunSpec, SHA, step } from "../../support/run-spec.ts";

const RETRY = { type: "retry", actor: "p_marco" } as const;
const CANCEL = { type: "cancel", actor: "p_marco", reason: "" } as const;
const note = (key: string): PlanNode => step(key, "slack/alert");
const TARGET = { app: "main/argocd/checkout-staging", revision: SHA };

function group(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "group", key, steps };
}

function lock(key: string, keys: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "lock", key, keys, whenLocked: "queue", steps };
}

function parallel(branches: readonly PlanNode[], more: Partial<ParallelNode> = {}): ParallelNode {
  return { type: "parallel", key: "parallel", branches, ...more };
}

function run(steps: readonly PlanNode[], taken: readonly string[] = []): RunSpec {
  return new RunSpec([{ name: "staging" }], promotePlan({ steps: [...steps], onFailure: [note("alert")] }), taken);
}

function underWay(spec: RunSpec): string[] {
  return [...spec.state.steps.values()].filter(isUnderWay).map(({ path }) => path.slice("promote/".length));
}

describe("a retry of a run that stopped in several branches", () => {
  it("does over what failed, asks again what was given up, and goes on where something had not begun", () => {
    const spec = run(
      [
        note("before"),
        parallel([
          note("done"),
          note("bad"),
          note("worse"),
          group("g", [step("gate", "approval"), note("later")]),
          lock("lock", "taken", [note("waits")]),
          lock("lock-2", "own", [note("half"), note("rest")]),
          lock("lock-3", "through", [note("whole")]),
        ]),
      ],
      ["taken"],
    );
    spec.succeed("/before");
    spec.open("gate");
    for (const key of ["done", "whole"]) spec.succeed(`/${key}`);
    spec.fail("/bad", { code: "x" });
    spec.fail("/worse", { code: "y" });
    spec.succeed("/half");
    spec.succeed("/alert");
    expect(spec.state).toMatchObject({ status: "failed", failure: { path: "promote/parallel/bad" } });
    expect(retryChoices(spec.state)).toEqual([{ kind: "retry", path: "promote/parallel/bad" }]);
    spec.taken.clear();
    spec.when(RETRY);
    expect(underWay(spec)).toEqual([
      "parallel/bad",
      "parallel/worse",
      "parallel/gate",
      "parallel/waits",
      "parallel/rest",
    ]);
    expect(spec.step("/before").attempt).toBe(1);
    expect(spec.step("/half").attempt).toBe(1);
    expect(spec.step("/worse").attempt).toBe(2);
    expect(spec.state.locks.get("promote/parallel/lock-3")?.status).toBe("released");
    expect(spec.state.locks.get("promote/parallel/lock-2")?.status).toBe("held");
    expect(spec.state.failures).toBeUndefined();
    for (const key of ["bad", "worse", "waits", "rest"]) spec.succeed(`/${key}`);
    spec.open("gate");
    spec.decide("gate");
    spec.succeed("/later");
    expect(spec.state.status).toBe("succeeded");
  });

  it("from a step of one branch does over what failed in the others too", () => {
    const spec = run([parallel([group("g", [note("a"), note("b")]), note("c")], { failFast: false })]);
    spec.succeed("/a");
    spec.fail("/c", { code: "x" });
    spec.fail("/b", { code: "y" });
    spec.succeed("/alert");
    spec.when({ ...RETRY, from: "a" });
    expect(underWay(spec)).toEqual(["parallel/a", "parallel/c"]);
  });

  it("may name any that failed, and none that succeeded beside them", () => {
    const spec = run([parallel([note("done"), note("a"), note("b")], { failFast: false })]);
    spec.succeed("/done");
    spec.fail("/a", { code: "x" });
    spec.fail("/b", { code: "y" });
    spec.succeed("/alert");
    expect(spec.when({ ...RETRY, from: "done" })).toMatchObject([
      { type: "run.refused", message: expect.stringContaining('It can be retried from "a", "b".') },
    ]);
    spec.when({ ...RETRY, from: "b" });
    expect(underWay(spec)).toEqual(["parallel/a", "parallel/b"]);
  });

  it("keeps to the window", () => {
    const loop = {
      type: "for-each",
      key: "for-each",
      items: "[1, 2, 3, 4]",
      as: "item",
      atATime: 2,
      failFast: false,
      steps: [note("say")],
    } as const;
    const spec = run([loop]);
    spec.fail("[1]/say", { code: "x" });
    spec.succeed("[2]/say");
    spec.fail("[3]/say", { code: "x" });
    spec.fail("[4]/say", { code: "x" });
    spec.succeed("/alert");
    spec.when(RETRY);
    expect(underWay(spec)).toEqual(["for-each[1]/say", "for-each[3]/say"]);
    spec.succeed("[1]/say");
    expect(underWay(spec)).toEqual(["for-each[3]/say", "for-each[4]/say"]);
    expect(spec.step("[2]/say").attempt).toBe(1);
  });
});

describe("cancelling what several branches have under way", () => {
  const sync = step("sync", "argocd/sync", { with: TARGET, stopWith: "argocd/terminate" });
  const other = step("other", "argocd/sync", { with: TARGET, stopWith: "argocd/terminate" });

  it("stops all of it, ends the leftovers of each, and only then gives the locks back", () => {
    const spec = run([
      parallel([
        lock("lock", "a", [sync, note("x")]),
        lock("lock-2", "b", [other, note("y")]),
        step("gate", "approval"),
        lock("lock-3", "a", [note("z")]),
      ]),
    ]);
    spec.succeed("/sync", { operation: "op-1" });
    spec.when(CANCEL);
    expect(spec.step("gate").status).toBe("cancelled");
    expect(spec.state.locks.get("promote/parallel/lock-3")?.status).toBe("withdrawn");
    const { path, attempt, token } = spec.step("/other");
    const outcome = { status: "succeeded", output: { operation: "op-2" } } as const;
    spec.when({ type: "outcome", path, attempt, token, outcome });
    expect(underWay(spec)).toEqual(["parallel/x"]);
    spec.fail("/x", { code: "cancelled" });
    expect(underWay(spec)).toEqual(["parallel/sync/stop", "parallel/other/stop"]);
    expect(spec.step("other/stop").input).toEqual({ app: TARGET.app, operation: "op-2" });
    spec.succeed("sync/stop", {});
    expect(spec.state.locks.get("promote/parallel/lock")?.status).toBe("held");
    spec.succeed("other/stop", {});
    expect(spec.state.status).toBe("cancelled");
    expect([...spec.state.locks.values()].map(({ status }) => status)).toEqual(["released", "released", "withdrawn"]);
    spec.when(RETRY);
    expect(underWay(spec)).toEqual(["parallel/sync", "parallel/other", "parallel/gate"]);
    expect(spec.state.locks.get("promote/parallel/lock-3")?.status).toBe("requested");
  });
});
