import { describe, expect, it } from "vitest";

import { ServerFacts } from "../../../src/engine/server-facts.ts";
import type { StepFacts } from "../../../src/engine/step-kind.ts";
import { promotePlan, RunSpec, step } from "../../support/run-spec.ts";

const facts = new ServerFacts({
  store: { proofs: () => [] },
  people: { person: () => undefined },
  isUnderWay: () => false,
});

function reachedAnew(end: (spec: RunSpec) => void): StepFacts {
  const steps = [step("first", "test/a"), step("second", "test/b"), step("third", "test/c")];
  const spec = new RunSpec([], promotePlan({ steps }));
  spec.succeed("first");
  const { path, attempt, token } = spec.step("second");
  spec.when({ type: "checkpoint", path, attempt, token, data: { owed: 1 } });
  end(spec);
  spec.succeed("alert");
  spec.when({ type: "retry", actor: "p_ana", from: "first" });
  spec.succeed("first");
  return facts.about(spec.state, spec.step("second"));
}

describe("what the server knows of a step", () => {
  it("is what the step had written down when it failed, also where a step before it was done over", () => {
    expect(reachedAnew((spec) => spec.fail("second", { code: "test.broken" })).leftBehind).toEqual({ owed: 1 });
  });

  it("is nothing of that where the step had succeeded", () => {
    const known = reachedAnew((spec) => {
      spec.succeed("second");
      spec.fail("third", { code: "test.broken" });
    });
    expect(known.leftBehind).toBeUndefined();
  });
});
