import { expect, it } from "vitest";

import { planReport } from "../../../../src/steps/terraform/plan-report.ts";
import { sealPlan } from "../../../../src/steps/terraform/saved-plan.ts";

const FILE = {
  digest: "0".repeat(64),
  bytes: 1,
  name: "plan.tfplan",
  mediaType: "application/octet-stream",
  sealed: true,
};

it("says what a plan would do with which resource, and what was found otherwise", () => {
  const plan = sealPlan({
    step: "drift/plan",
    artifact: FILE,
    setup: FILE,
    program: "terraform",
    version: "1.11.4",
    directory: "/srv/infra/prod",
    path: "/srv/infra/prod",
    workspace: "default",
    folder: { name: "f", path: "/folders/f" },
    add: 1,
    change: 0,
    destroy: 1,
    replace: 1,
    import: 0,
    resources: [{ address: "a.b", action: "replace", reason: "cannot_update" }],
    otherResources: 2,
    drift: ["a.c"],
    otherDrift: 0,
    outputs: [],
    warnings: ["It is old."],
  });
  expect(planReport(plan)).toBe(`/srv/infra/prod, workspace default, terraform 1.11.4
1 to add, 0 to change, 1 to destroy

What it would do:
  replace  a.b (cannot_update)
  … and 2 more resources

What was found otherwise than the state has it:
  a.c

Warnings:
  It is old.
`);
});
