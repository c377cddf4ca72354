import { describe, expect, it } from "vitest";

import type { PlanNode } from "../../../src/domain/plan.ts";
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
    expect(order).toEqual(["run_0", "run_2", "run_1", "run_3"]);
    expect(world.isOver).toBe(true);
  });
});
