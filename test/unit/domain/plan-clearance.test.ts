import { describe, expect, it } from "vitest";

import type { PlanNode } from "../../../src/domain/plan.ts";
import { type Environment, promotePlan, RULE, RunSpec, step } from "../../support/run-spec.ts";

const DIGEST = "a".repeat(64);
const PROD: Environment = { name: "prod", approval: RULE };

function apply(plan: object): PlanNode {
  return { ...step("apply", "terraform/apply"), protects: true, with: { plan: JSON.parse(JSON.stringify(plan)) } };
}

function run(environments: readonly Environment[], steps: readonly PlanNode[]): RunSpec {
  return new RunSpec(environments, promotePlan({ steps: [...steps], onFailure: [] }));
}

describe("a step with a saved plan", () => {
  it("begins with the approval of exactly that plan, wherever it stands", () => {
    const spec = run([PROD], [step("gate", "approval"), apply({ digest: DIGEST })]);
    spec.open("gate", { planFileDigest: DIGEST, app: "" });
    spec.decide("gate");
    expect(spec.step("apply")).toMatchObject({
      status: "running",
      approval: { gate: "promote/gate", digest: spec.step("gate").gate?.digest },
    });
  });

  it.each([
    ["of another plan", { planFileDigest: "b".repeat(64) }],
    ["of no plan", { planFileDigest: "" }],
  ])("does not begin with an approval %s, even of the same application and revision", (_what, subject) => {
    const spec = run([PROD], [step("gate", "approval"), apply({ digest: DIGEST })]);
    spec.open("gate", subject);
    spec.decide("gate");
    expect(spec.state.failure?.failure).toMatchObject({
      code: "approval.missing",
      message: expect.stringContaining("nobody has approved this plan"),
    });
  });

  it.each([{ digest: "" }, {}, { digest: 1 }])("of which nothing can be said (%j) does not begin", (plan) => {
    const spec = run([PROD], [step("gate", "approval"), apply(plan)]);
    spec.open("gate", { planFileDigest: "" });
    spec.decide("gate");
    expect(spec.state.failure?.failure.code).toBe("approval.missing");
  });

  it("needs one as soon as any environment of the run asks for it, and none where none does", () => {
    expect(run([{ name: "staging" }, PROD], [apply({ digest: DIGEST })]).state.failure?.failure.code).toBe(
      "approval.missing",
    );
    expect(run([{ name: "staging" }], [apply({ digest: DIGEST })]).step("apply").status).toBe("running");
  });
});

describe("a step with a saved plan in a run without targets", () => {
  const first = step("look", "program/run");

  /** The run as one that was asked for an environment alone. */
  function inEnvironment(spec: RunSpec, environment: object): RunSpec {
    const [started, ...rest] = spec.events;
    if (started?.type !== "run.started") throw new Error("the run did not start");
    spec.events = [{ ...started, inputs: { place: JSON.parse(JSON.stringify(environment)) } }, ...rest];
    return spec;
  }

  it("needs the approval that the environment asks for which the run is for", () => {
    const place = { name: "prod", first: false, last: true };
    const asked = inEnvironment(run([], [first, apply({ digest: DIGEST })]), { ...place, approval: RULE });
    asked.succeed("look");
    expect(asked.state.failure?.failure).toMatchObject({
      code: "approval.missing",
      message: expect.stringContaining("prod asks for approval before anything changes there"),
    });
    const unasked = inEnvironment(run([], [first, apply({ digest: DIGEST })]), place);
    unasked.succeed("look");
    expect(unasked.step("apply").status).toBe("running");
  });

  it("begins under an approval that nobody had to ask for, so that what was approved is what is done", () => {
    const spec = run([], [step("gate", "approval"), apply({ digest: DIGEST }), apply({ digest: "b".repeat(64) })]);
    spec.open("gate", { planFileDigest: DIGEST, app: "", service: "", environment: "" });
    spec.decide("gate");
    expect(spec.step("apply").approval?.gate).toBe("promote/gate");
  });

  it("is refused where it names an application: the run may change none", () => {
    const sync = step("sync", "argocd/sync", { with: { app: "main/argocd/checkout-prod", revision: "a" } });
    expect(run([], [sync]).state.failure?.failure.code).toBe("target.unknown");
  });
});
