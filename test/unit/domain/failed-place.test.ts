import { describe, expect, it } from "vitest";

import type { PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, RULE, RunSpec, step } from "../../support/run-spec.ts";

const BEFORE = "b".repeat(40);
const OPERATION = { run: "run_1" };

const tell: PlanNode = step("tell", "slack/alert", {
  with: {
    place: "${{ has(failure.place) ? failure.place.name + ' at ' + failure.place.before : 'nowhere' }}",
    asks: "${{ has(failure.place) && has(failure.place.approval) }}",
  },
});

function run(): RunSpec {
  return new RunSpec([{ name: "staging" }, { name: "prod", approval: RULE }], promotePlan({ onFailure: [tell] }));
}

describe("where a run has failed", () => {
  it("is the environment of the step that failed, with what was live there before the run", () => {
    const spec = run();
    spec.succeed("[staging]/sync", { operation: OPERATION, before: BEFORE });
    spec.fail("[staging]/healthy", { code: "argocd.degraded" });
    expect(spec.step("tell").input).toEqual({ place: `staging at ${BEFORE}`, asks: false });
  });

  it("is nowhere as long as nothing has been changed there", () => {
    const spec = run();
    spec.fail("[staging]/sync", { code: "argocd.refused" });
    expect(spec.step("tell").input).toMatchObject({ place: "nowhere" });
  });

  it("is nowhere where the revision was live before", () => {
    const spec = run();
    const { revision } = spec.step("[staging]/sync").input;
    const before = typeof revision === "string" ? revision : "";
    expect(before).not.toBe("");
    spec.succeed("[staging]/sync", { operation: OPERATION, before });
    spec.fail("[staging]/healthy", { code: "argocd.degraded" });
    expect(spec.step("tell").input).toMatchObject({ place: "nowhere" });
  });

  it("is nowhere for a step that fails outside of the environments", () => {
    const plan = promotePlan({ steps: [step("report", "slack/message")], onFailure: [tell] });
    const spec = new RunSpec([{ name: "staging" }], plan);
    spec.fail("report", { code: "slack.away" });
    expect(spec.step("tell").input).toMatchObject({ place: "nowhere" });
  });
});
