import { describe, expect, it } from "vitest";

import type { Plan, PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, step } from "../../support/run-spec.ts";
import { RunWorld } from "../../support/run-world.ts";

function lock(key: string, keys: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "lock", key, keys, whenLocked: "queue", steps };
}

const NESTED = promotePlan({
  steps: [
    lock("lock", "${{ ['place', 'db'] }}", [lock("lock-2", "${{ ['db', 'queue'] }}", [step("say", "slack/alert")])]),
  ],
  onFailure: [],
});
const INNER = promotePlan({ steps: [lock("lock", "queue", [step("say", "slack/alert")])], onFailure: [] });

describe("runs whose locks stand inside one another", () => {
  it("go one after the other, however many of them wait", () => {
    const world = new RunWorld();
    for (const plan of [NESTED, NESTED, INNER, NESTED]) world.start([{ name: "staging" }], plan);
    const order: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const working = world.runs.find(({ status, steps }) => status === "running" && steps.size > 0);
      if (working === undefined) break;
      order.push(working.id);
      world.end(working, "succeed");
    }
    expect(order).toEqual(["run_0", "run_1", "run_2", "run_3"]);
    expect(world.isOver).toBe(true);
  });

  it("find out in the turn in which they get the outer one that they would wait for each other", () => {
    const say = step("say", "argocd/wait");
    const plan = (...steps: PlanNode[]): Plan => promotePlan({ steps, onFailure: [] });
    const world = new RunWorld();
    const start = (own: Plan): void => world.start([{ name: "staging" }], own);
    start(plan(lock("lock", "place", [say])));
    start(plan(lock("lock", "place", [lock("lock-2", "queue", [say])])));
    start(plan(lock("lock", "queue", [say, lock("lock-2", "place", [step("say2", "argocd/wait")])])));
    const [first, , third] = world.runs;
    if (third !== undefined) world.end(third, "succeed");
    if (first !== undefined) world.end(first, "succeed");
    expect(world.runs.map(({ status }) => status)).toEqual(["succeeded", "failed", "running"]);
    expect(world.runs[1]?.failure?.failure.code).toBe("lock.cycle");
  });
});
