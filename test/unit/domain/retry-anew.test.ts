import { describe, expect, it } from "vitest";

import type { PlanEvidence } from "../../../src/domain/gate.ts";
import type { Failure } from "../../../src/domain/outcome.ts";
import { retryChoices } from "../../../src/domain/retry.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { EVIDENCE, promotePlan, RULE, RunSpec, SHA, step, types } from "../../support/run-spec.ts";

const TARGET = { app: "main/argocd/checkout-prod", revision: SHA };
const PLAN: PlanEvidence = {
  directory: "clusters/prod",
  workspace: "prod",
  add: 1,
  change: 0,
  destroy: 0,
  replace: 0,
  resources: [{ address: "aws_x.a", action: "create" }],
  otherResources: 0,
  drift: [],
  otherDrift: 0,
  outputs: [],
};

function provision(): RunSpec {
  const steps = [
    step("first", "slack/alert"),
    step("plan", "slack/alert"),
    step("gate", "approval", { with: TARGET }),
    step("apply", "argocd/sync", { with: TARGET }),
  ];
  const spec = new RunSpec([{ name: "prod", approval: RULE }], promotePlan({ steps, onFailure: [] }));
  for (const key of ["first", "plan"]) spec.succeed(`/${key}`);
  const { path, attempt, token } = spec.step("gate");
  const shown = { subject: spec.subject("gate"), evidence: { ...EVIDENCE, plan: PLAN }, rule: RULE };
  spec.when({ type: "gate-opened", path, attempt, token, ...shown });
  spec.decide("gate");
  return spec;
}

function failApply(spec: RunSpec, code: string, anew: Json): void {
  const { path, attempt, token } = spec.step("/apply");
  const failure: Failure = { code, message: code, retry: "never", details: { anew, changed: [] } };
  spec.when({ type: "outcome", path, attempt, token, outcome: { status: "failed", failure } });
}

describe("a step that failed and rests on one before it", () => {
  it("is retried from there, and the gate between them is asked anew", () => {
    const spec = provision();
    failApply(spec, "terraform.partial-apply", "plan");
    expect(retryChoices(spec.state)).toEqual([{ kind: "retry", path: "promote/plan" }]);
    expect(types(spec.when({ type: "retry", actor: "p_bo" }))).toEqual(["run.retried", "step.started"]);
    expect([...spec.state.steps.keys()]).toEqual(["promote/first", "promote/plan"]);
    spec.succeed("/plan");
    expect(spec.step("gate")).toMatchObject({ status: "running", voided: [{ plan: PLAN }] });
  });

  it.each(["nothing", "apply", 7, "later"])("is retried where it stopped when %j is no step before it", (anew) => {
    const spec = provision();
    failApply(spec, "x", anew);
    expect(retryChoices(spec.state)).toMatchObject([{ path: "promote/apply" }]);
  });

  it("has the plan that was shown before when its approval turned out void", () => {
    const spec = provision();
    failApply(spec, "approval.void", "plan");
    spec.succeed("/plan");
    expect(spec.step("gate")).toMatchObject({ status: "running", voided: [{ plan: PLAN }] });
  });
});
