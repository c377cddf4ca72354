import { describe, expect, it } from "vitest";

import { type GateSubject, subjectDigest } from "../../../../src/domain/gate.ts";
import type { ApprovalRule } from "../../../../src/domain/target.ts";
import type { StepFacts } from "../../../../src/engine/step-kind.ts";
import { planSubject } from "../../../../src/steps/gate-subject.ts";
import { applyRefusal, prepareApply } from "../../../../src/steps/terraform/apply-clearance.ts";
import type { SavedPlan } from "../../../../src/steps/terraform/saved-plan.ts";
import { RULE } from "../../../support/run-spec.ts";
import { aPlan } from "./sample-plan.ts";

const OWN: ApprovalRule = { ...RULE, from: [{ kind: "user", user: "U0OLGA" }] };
const PROD = { name: "prod", service: "" };

interface Asked {
  readonly environment: StepFacts["environment"];
  /** What the configuration says of environments. */
  readonly rules: Readonly<Record<string, ApprovalRule>>;
}

const ruleOf =
  (rules: Asked["rules"]) =>
  (app: string, environment = ""): ApprovalRule | undefined =>
    app === "" ? rules[environment] : undefined;

function factsOf({ environment }: Asked): StepFacts {
  const about = { runTitle: "t", requester: "p_ana", requesterUser: "U1" };
  return environment === undefined ? about : { ...about, environment };
}

/** What the apply step is told after the gate was approved, which named those of `OWN` besides. */
function approvedFacts(asked: Asked, plan: SavedPlan): StepFacts {
  const facts = factsOf(asked);
  const rule = ruleOf(asked.rules)("", asked.environment?.name);
  const gate = { facts, planDigest: "p", gate: "build/gate", app: undefined, rule, ownRule: OWN };
  const subject: GateSubject = planSubject({ ...gate, planFileDigest: plan.digest });
  const given = { plan: JSON.parse(JSON.stringify(plan)), prompt: "Go?", from: [{ user: "U0OLGA" }] };
  const approved = { subject, digest: subjectDigest(subject), gate: "build/gate", asked: given, planDigest: "p" };
  return { ...facts, approved: { ...approved, isUsed: false } };
}

/** What comes of the apply when the configuration says `now` by then. */
function outcomeOf(asked: Asked, now: Asked["rules"], more: Partial<StepFacts> = {}): string {
  const plan = aPlan();
  const facts = { ...approvedFacts(asked, plan), ...more };
  const { rule } = prepareApply({ ruleOf: ruleOf(now) }, undefined, { facts });
  const refusal = applyRefusal({ plan, facts, rule, isBegun: false });
  if (refusal === undefined) return "applied";
  return refusal.status === "failed" ? refusal.failure.code : refusal.status;
}

describe("a plan that was approved in a run without targets", () => {
  const here = { environment: PROD, rules: { prod: RULE } };
  const unasked = { environment: { name: "staging", service: "" }, rules: {} };
  const nowhere = { environment: undefined, rules: {} };

  it("is applied while its environment asks for the same, or for nothing any more", () => {
    expect(outcomeOf(here, { prod: RULE })).toBe("applied");
    expect(outcomeOf(here, {})).toBe("applied");
    expect(outcomeOf(unasked, {})).toBe("applied");
    expect(outcomeOf(nowhere, { prod: RULE })).toBe("applied");
  });

  it("is void when its environment asks for something else, or for something at last", () => {
    expect(outcomeOf(here, { prod: { ...RULE, quorum: 2 } })).toBe("approval.void");
    expect(outcomeOf(unasked, { staging: RULE })).toBe("approval.void");
  });

  it("is void for whoever else it is about to be applied", () => {
    expect(outcomeOf(here, { prod: RULE }, { requester: "p_eve" })).toBe("approval.void");
    const { approved } = approvedFacts(here, aPlan());
    if (approved === undefined) throw new Error("nothing was approved");
    for (const change of [{ environment: "staging" }, { service: "checkout" }, { app: "a/b/c" }, { rule: OWN }]) {
      const altered = { ...approved, subject: { ...approved.subject, ...change } };
      expect(outcomeOf(here, { prod: RULE }, { approved: altered })).toBe("approval.void");
    }
  });

  it("is not applied unasked where its environment asks by now", () => {
    const facts = factsOf(unasked);
    const { rule } = prepareApply({ ruleOf: ruleOf({ staging: RULE }) }, undefined, { facts });
    expect(applyRefusal({ plan: aPlan(), facts, rule, isBegun: false })).toMatchObject({
      failure: { code: "approval.missing" },
    });
    const none = prepareApply({ ruleOf: ruleOf({}) }, undefined, { facts: factsOf(nowhere) });
    expect(applyRefusal({ plan: aPlan(), facts: factsOf(nowhere), rule: none.rule, isBegun: false })).toBeUndefined();
  });
});
