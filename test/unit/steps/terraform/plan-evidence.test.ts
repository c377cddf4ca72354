import { describe, expect, it } from "vitest";

import { planEvidence } from "../../../../src/steps/terraform/plan-evidence.ts";
import { aPlan } from "./sample-plan.ts";

describe("what people are shown of a plan", () => {
  it("is what it does, where, and why, without what is needed to apply it", () => {
    expect(planEvidence(aPlan(), undefined)).toEqual({
      directory: "clusters/prod of infra at aaaaaaa",
      workspace: "prod",
      add: 3,
      change: 1,
      destroy: 3,
      replace: 3,
      resources: [
        { address: "aws_x.a[0]", action: "replace", reason: "cannot_update" },
        { address: "aws_x.b", action: "update" },
      ],
      otherResources: 0,
      drift: ["aws_x.b"],
      otherDrift: 0,
      outputs: [],
    });
  });

  it("says in what it differs from the plan that was shown before", () => {
    const before = planEvidence(aPlan(), undefined);
    const resources = [
      { address: "aws_x.c", action: "delete" as const },
      { address: "aws_x.a[0]", action: "update" as const },
    ];
    expect(planEvidence(aPlan({ resources, add: 0, change: 1, destroy: 1 }), before).difference).toEqual([
      "now also: delete aws_x.c",
      "aws_x.a[0]: update instead of replace",
      "no longer: update aws_x.b",
    ]);
    expect(planEvidence(aPlan({ drift: [] }), before).difference).toEqual([
      "It does the same as the plan that was shown before.",
    ]);
  });

  it("says the counts where not every resource is named, and folds a long list", () => {
    const before = planEvidence(aPlan({ otherResources: 7, add: 10 }), undefined);
    expect(planEvidence(aPlan(), before).difference).toEqual([
      "3 to add, 1 to change, 3 to destroy, before it was 10 to add, 1 to change, 3 to destroy",
    ]);
    const many = Array.from({ length: 30 }, (_, index) => ({ address: `a.n${index}`, action: "create" as const }));
    const { difference = [] } = planEvidence(aPlan({ resources: many }), before);
    expect(difference).toHaveLength(21);
    expect(difference.at(-1)).toBe("… and 13 more differences");
  });
});
