import { describe, expect, it } from "vitest";

import { outlineOf } from "../../../src/domain/plan-outline.ts";
import type { PlanNode, StepNode } from "../../../src/domain/plan.ts";

function step(key: string, more: Partial<StepNode> = {}): StepNode {
  return { type: "step", key, uses: `test/${key}`, sort: "action", protects: false, with: {}, ...more };
}

const SCOPE = {
  places: [
    { name: "staging", app: "main/argocd/a" },
    { name: "prod", app: "main/argocd/b", asks: true },
  ],
  again: false,
  steps: {},
};

function outline(...nodes: readonly PlanNode[]): readonly string[] {
  return outlineOf(nodes, SCOPE).map((entry) =>
    entry.type === "lock"
      ? `lock ${entry.keys.join(",")} ${entry.app ?? "-"}`
      : `${entry.name} ${entry.when} ${entry.app ?? "-"}`,
  );
}

describe("the outline of a plan", () => {
  it("goes through loops, conditions and locks in order, without doing anything", () => {
    const nodes: PlanNode = {
      type: "for-each",
      key: "each",
      items: "places",
      as: "target",
      steps: [
        step("gate", { if: "has(target.asks)", with: { app: "${{ target.app }}" } }),
        {
          type: "lock",
          key: "lock",
          keys: "${{ 'checkout/' + target.name }}",
          whenLocked: "queue",
          steps: [step("sync", { with: { app: "${{ target.app }}" } })],
        },
      ],
    };
    expect(outline(nodes)).toEqual([
      "gate skipped main/argocd/a",
      "lock checkout/staging main/argocd/a",
      "sync runs main/argocd/a",
      "gate runs main/argocd/b",
      "lock checkout/prod main/argocd/b",
      "sync runs main/argocd/b",
    ]);
  });

  it("leaves open what depends on what steps give", () => {
    expect(outline(step("first"), step("second", { if: "steps.first.outputs.changed" }))).toEqual([
      "first runs -",
      "second later -",
    ]);
    expect(outline(step("first", { with: { app: "${{ steps.other.outputs.app }}" } }))).toEqual(["first runs -"]);
  });

  it("skips all of a block whose condition does not hold, and takes no lock for it", () => {
    const inner = [step("inner", { if: "steps.a.outputs.b" })];
    expect(outline({ type: "group", key: "g", if: "again", steps: inner })).toEqual(["inner skipped -"]);
    expect(outline({ type: "lock", key: "l", keys: "a", whenLocked: "queue", if: "again", steps: inner })).toEqual([
      "inner skipped -",
    ]);
    expect(outline({ type: "group", key: "g", if: "steps.a.outputs.b", steps: [step("inner")] })).toEqual([
      "inner later -",
    ]);
  });

  it("takes several keys, and has no items where the list is not known yet", () => {
    const lock = { type: "lock", key: "l", keys: "${{ places.map(place, place.name) }}", whenLocked: "queue" } as const;
    expect(outline({ ...lock, steps: [step("a")] })).toEqual(["lock staging,prod -", "a runs -"]);
    const loop = { type: "for-each", key: "f", items: "steps.a.outputs.list", as: "x", steps: [step("a")] } as const;
    expect(outline(loop)).toEqual([]);
  });
});
