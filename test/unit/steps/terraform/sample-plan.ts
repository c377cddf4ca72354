import type { Artifact } from "../../../../src/domain/artifact.ts";
import { type SavedPlan, sealPlan } from "../../../../src/steps/terraform/saved-plan.ts";

function file(name: string, digit: string): Artifact {
  return { digest: digit.repeat(64), bytes: 1, name, mediaType: "application/octet-stream", sealed: true };
}

/** A plan as its step puts it out. */
export function aPlan(more: Partial<Omit<SavedPlan, "digest">> = {}): SavedPlan {
  return sealPlan({
    step: "provision/plan",
    artifact: file("plan.tfplan", "1"),
    setup: file("plan-setup.json", "2"),
    program: "terraform",
    version: "1.11.4",
    directory: "clusters/prod of infra at aaaaaaa",
    path: "clusters/prod",
    workspace: "prod",
    folder: { name: "n", path: "/srv/n" },
    add: 3,
    change: 1,
    destroy: 3,
    replace: 3,
    import: 0,
    resources: [
      { address: "aws_x.a[0]", action: "replace", reason: "cannot_update" },
      { address: "aws_x.b", action: "update" },
    ],
    otherResources: 0,
    drift: ["aws_x.b"],
    otherDrift: 0,
    outputs: [],
    warnings: ["Deprecated (main.tf:7): Use another."],
    ...more,
  });
}
