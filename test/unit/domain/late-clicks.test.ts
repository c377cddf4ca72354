import { describe, expect, it } from "vitest";

import { EVIDENCE, RULE, RunSpec } from "../../support/run-spec.ts";

/** A request that waits for two people. */
function waitingForTwo(): RunSpec {
  const rule = { ...RULE, quorum: 2 };
  const spec = new RunSpec([{ name: "prod", approval: rule }]);
  const { path, attempt, token } = spec.step("gate");
  spec.when({
    type: "gate-opened",
    path,
    attempt,
    token,
    subject: spec.subject("gate", { rule }),
    evidence: EVIDENCE,
    rule,
  });
  return spec;
}

describe("somebody who clicks too late", () => {
  it("is not told that a request was approved which one of two had approved before it was cancelled", () => {
    const spec = waitingForTwo();
    const current = spec.step("gate").gate?.subject;
    spec.decide("gate");
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    expect(spec.decide("gate", { actor: "p_marco", current })).toMatchObject([
      { code: "gate.closed", message: "There is nothing left to decide here: the run was cancelled." },
    ]);
  });

  it("is not told that a request was approved which one of two had approved before it expired", () => {
    const spec = waitingForTwo();
    const current = spec.step("gate").gate?.subject;
    spec.decide("gate");
    spec.at += RULE.expiresMs;
    spec.when({ type: "wake" });
    expect(spec.decide("gate", { actor: "p_marco", current })).toMatchObject([{ code: "gate.expired" }]);
  });

  it("is not told that it is over while the request is being made anew", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    const { attempt, gate } = spec.step("gate");
    spec.decide("gate", { current: spec.subject("gate", { fromRevision: "1".repeat(40) }) });
    const pressed = { attempt, digest: gate?.digest ?? "", actor: "p_marco", current: undefined };
    expect(spec.decide("gate", pressed)).toMatchObject([{ code: "gate.stale" }]);
  });

  it("is told how it was decided", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.decide("gate", { decision: "reject", reason: "no", current: undefined });
    expect(spec.decide("gate", { actor: "p_marco" })).toMatchObject([{ message: "It was already rejected." }]);
  });
});
