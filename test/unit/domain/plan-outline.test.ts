import { describe, expect, it } from "vitest";

import { type Outlined, outlinedLocks, outlinedSteps, outlineOf } from "../../../src/domain/plan-outline.ts";
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

/** Each entry in a line, what stands in a block further in. */
function lines(entries: readonly Outlined[], indent = ""): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.type === "step") return [`${indent}${entry.name} ${entry.when} ${entry.app ?? "-"}`];
    return [`${indent}${blockText(entry)}`, ...lines(entry.nodes, `${indent}  `)];
  });
}

function blockText(entry: Exclude<Outlined, { readonly type: "step" }>): string {
  switch (entry.of) {
    case "lock":
      return `lock ${entry.keys.join(",")} ${entry.app ?? "-"}${entry.hold ? " holds" : ""}`;
    case "for-each":
      return `for-each ${entry.as} ${entry.atATime ?? "?"}${entry.failFast ? "" : " all"}`;
    case "iteration":
      return `[${entry.name ?? "?"}]`;
    case "command":
      return `${entry.name}: ${entry.command}`;
    case "parallel":
      return `parallel${entry.failFast ? "" : " all"}`;
    case "group":
      return `group ${entry.when}`;
  }
}

function outline(...nodes: readonly PlanNode[]): readonly string[] {
  return lines(outlineOf(nodes, SCOPE));
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
      "for-each target 1",
      "  [staging]",
      "    gate skipped main/argocd/a",
      "    lock checkout/staging main/argocd/a",
      "      sync runs main/argocd/a",
      "  [prod]",
      "    gate runs main/argocd/b",
      "    lock checkout/prod main/argocd/b",
      "      sync runs main/argocd/b",
    ]);
    const flat = outlineOf([nodes], SCOPE);
    expect(outlinedSteps(flat).map(({ name }) => name)).toEqual(["gate", "sync", "gate", "sync"]);
    expect(outlinedLocks(flat).map(({ keys }) => keys)).toEqual([["checkout/staging"], ["checkout/prod"]]);
  });

  it("knows what is side by side, how many at once, and what goes on when one fails", () => {
    const loop = { type: "for-each", key: "f", items: "places", as: "target", failFast: false } as const;
    const parallel: PlanNode = { type: "parallel", key: "p", failFast: false, branches: [step("a"), step("b")] };
    expect(outline(parallel, { ...parallel, failFast: true })).toEqual([
      "parallel all",
      "  a runs -",
      "  b runs -",
      "parallel",
      "  a runs -",
      "  b runs -",
    ]);
    // What names no application works in the environment around it.
    expect(outline({ ...loop, atATime: "100%", steps: [step("a")] })).toEqual([
      "for-each target 2 all",
      "  [staging]",
      "    a runs main/argocd/a",
      "  [prod]",
      "    a runs main/argocd/b",
    ]);
  });

  it("goes into commands with what is passed to them", () => {
    const command: PlanNode = {
      type: "command",
      key: "verify",
      command: "verify-all",
      inputs: { place: "${{ places[1] }}", deep: "${{ steps.a.outputs.deep }}", name: "x" },
      outputs: {},
      steps: [
        step("look", { if: "name == 'x'" }),
        step("deep", { if: "deep" }),
        step("never", { if: "again", with: { app: "${{ place.app }}" } }),
        { type: "lock", key: "lock", keys: "${{ place.name }}", whenLocked: "queue", hold: true, steps: [step("in")] },
      ],
    };
    expect(outline(command)).toEqual([
      "verify: verify-all",
      "  look runs main/argocd/b",
      "  deep later main/argocd/b",
      "  never later main/argocd/b",
      "  lock prod main/argocd/b holds",
      "    in runs main/argocd/b",
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
    expect(outline({ type: "group", key: "g", if: "again", steps: inner })).toEqual([
      "group skipped",
      "  inner skipped -",
    ]);
    expect(outline({ type: "lock", key: "l", keys: "a", whenLocked: "queue", if: "again", steps: inner })).toEqual([
      "lock  -",
      "  inner skipped -",
    ]);
    expect(outline({ type: "group", key: "g", if: "steps.a.outputs.b", steps: [step("inner")] })).toEqual([
      "group later",
      "  inner later -",
    ]);
  });

  it("takes several keys, and shows once what a list that is not known yet is gone through with", () => {
    const lock = { type: "lock", key: "l", keys: "${{ places.map(place, place.name) }}", whenLocked: "queue" } as const;
    expect(outline({ ...lock, steps: [step("a")] })).toEqual(["lock staging,prod -", "  a runs -"]);
    const loop = { type: "for-each", key: "f", items: "steps.a.outputs.list", as: "x", steps: [step("a")] } as const;
    expect(outline(loop)).toEqual(["for-each x ?", "  [?]", "    a later -"]);
  });
});
