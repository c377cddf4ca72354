import { describe, expect, it } from "vitest";

import { type Outlined, outlineOf } from "../../../src/domain/plan-outline.ts";
import type { PlanNode, StepNode } from "../../../src/domain/plan.ts";
import { plannedEntries, widestWindow } from "../../../src/intake/planned-entries.ts";

function step(key: string, app?: string): StepNode {
  const input = app === undefined ? {} : { app };
  return { type: "step", key, uses: "test", sort: "action", protects: false, with: input };
}

const PLACES = [
  { name: "staging", app: "x/y/staging" },
  { name: "prod", app: "x/y/prod" },
];

const nodes: readonly PlanNode[] = [
  {
    type: "parallel",
    key: "parallel",
    branches: [
      step("scan"),
      { type: "group", key: "group", steps: [step("sign"), step("check")] },
      { type: "command", key: "verify", command: "verify", inputs: {}, outputs: {}, steps: [step("look", "x/y/prod")] },
    ],
  },
  {
    type: "for-each",
    key: "for-each",
    items: "places",
    as: "target",
    atATime: 5,
    steps: [{ type: "lock", key: "lock", keys: "a", whenLocked: "queue", steps: [step("sync")] }],
  },
];
const outline: readonly Outlined[] = outlineOf(nodes, { places: PLACES });

describe("the steps of a plan that belong to one place", () => {
  it("stand in the blocks that say how they go together", () => {
    expect(plannedEntries(outline, ({ app }) => app === undefined)).toEqual([
      {
        isBeside: true,
        steps: [
          { name: "scan", uses: "test", when: "runs" },
          {
            isBeside: false,
            steps: [
              { name: "sign", uses: "test", when: "runs" },
              { name: "check", uses: "test", when: "runs" },
            ],
          },
        ],
      },
    ]);
  });

  it("stand alone where nothing else of their block belongs there", () => {
    expect(plannedEntries(outline, ({ app }) => app === "x/y/prod")).toEqual([
      { isBeside: false, name: "verify", steps: [{ name: "look", uses: "test", when: "runs" }] },
      { name: "sync", uses: "test", when: "runs" },
    ]);
    expect(plannedEntries(outline, () => false)).toEqual([]);
  });

  it("are worked on as many at a time as there are", () => {
    expect(widestWindow(outline)).toBe(2);
    expect(widestWindow([])).toBe(1);
  });
});
