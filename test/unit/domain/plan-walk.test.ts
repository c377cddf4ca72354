import { describe, expect, it } from "vitest";

import { isAfter, stepNode } from "../../../src/domain/plan-walk.ts";
import type { PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, step } from "../../support/run-spec.ts";

function group(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "group", key, steps };
}

function lock(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "lock", key, keys: "k", whenLocked: "queue", steps };
}

function forEach(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "for-each", key, items: "[]", as: "item", steps };
}

describe("what comes after a step", () => {
  it("is the rest of its own iteration, blocks and what is in them included", () => {
    const later = isAfter(promotePlan(), "promote/for-each[prod]/gate");
    expect(later("promote/for-each[prod]/lock")).toBe(true);
    expect(later("promote/for-each[prod]/sync")).toBe(true);
    expect(later("promote/for-each[prod]/gate")).toBe(false);
    expect(later("promote/for-each[staging]/sync")).toBe(false);
    expect(later("promote/on-failure/alert")).toBe(false);
  });

  it("goes on behind the block in which it stands", () => {
    const plan = promotePlan({
      steps: [
        step("first", "slack/alert"),
        group("group", [step("gate", "approval")]),
        lock("lock", [step("sync", "argocd/sync")]),
      ],
    });
    const later = isAfter(plan, "promote/gate");
    expect(["promote/lock", "promote/sync"].map(later)).toEqual([true, true]);
    expect(["promote/first", "promote/group"].map(later)).toEqual([false, false]);
  });

  it("goes on behind the loop in which it stands, and does not take a loop for another of a longer name", () => {
    const plan = promotePlan({
      steps: [
        forEach("for-each", [step("gate", "approval")]),
        forEach("for-each-2", [lock("lock", [step("sync", "argocd/sync")])]),
      ],
    });
    const later = isAfter(plan, "promote/for-each[prod]/gate");
    expect(["promote/for-each-2", "promote/for-each-2[prod]/lock", "promote/for-each-2[prod]/sync"].map(later)).toEqual(
      [true, true, true],
    );
    expect(isAfter(plan, "promote/for-each-2[prod]/sync")("promote/for-each[prod]/gate")).toBe(false);
  });

  it("leaves the lock that is held around it", () => {
    const plan = promotePlan({
      steps: [lock("lock", [group("group", [step("gate", "approval")]), step("sync", "argocd/sync")])],
    });
    const later = isAfter(plan, "promote/gate");
    expect(["promote/lock", "promote/sync"].map(later)).toEqual([false, true]);
  });

  it("is known in the on-failure branch too, and is nothing for a path that names no step", () => {
    const plan = promotePlan({ onFailure: [step("ask", "approval"), step("back", "argocd/sync")] });
    expect(isAfter(plan, "promote/on-failure/ask")("promote/on-failure/back")).toBe(true);
    expect(isAfter(plan, "promote/nothing")("promote/on-failure/back")).toBe(false);
  });
});

describe("the step of a path", () => {
  it("is found by its id, wherever it stands", () => {
    expect(stepNode(promotePlan(), "promote/for-each[prod]/healthy")?.uses).toBe("argocd/wait");
    expect(stepNode(promotePlan(), "promote/on-failure/alert")?.uses).toBe("slack/alert");
    expect(stepNode(promotePlan(), "promote/for-each[prod]/lock")).toBeUndefined();
  });
});
