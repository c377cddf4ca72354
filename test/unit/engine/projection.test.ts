import { describe, expect, it } from "vitest";

import { projectRun, proofsIn, rowOf } from "../../../src/engine/projection.ts";
import { promotePlan, RULE, RUN, RunSpec, SHA, START } from "../../support/run-spec.ts";

const PROOF = { applicationUid: "uid-1", revision: SHA, sourceDigest: "s", provenAt: START + 1 };

describe("the row of a run", () => {
  it("says where it works and that it has something to do", () => {
    const spec = new RunSpec([{ name: "staging" }, { name: "prod", approval: RULE }]);
    expect(rowOf(spec.state)).toMatchObject({
      id: RUN,
      status: "running",
      services: ["checkout"],
      environments: ["staging", "prod"],
      requester: "p_ana",
      version: spec.events.length,
      wakeAt: START + 600_000,
      parked: false,
    });
  });

  it("says of a run at a gate that it costs nothing until the gate expires", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    expect(rowOf(spec.state)).toMatchObject({ parked: true, gates: 1, wakeAt: START + RULE.expiresMs });
    spec.decide("gate");
    expect(rowOf(spec.state)).toMatchObject({ parked: false, gates: 0 });
  });

  it("says of a run that waits for a lock when its time limit ends", () => {
    const spec = new RunSpec([{ name: "staging" }], promotePlan({ timeoutMs: 1000 }), ["checkout/staging"]);
    expect(rowOf(spec.state)).toMatchObject({ parked: true, gates: 0, wakeAt: START + 1000 });
  });

  it("has nothing to wake for once it has ended", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    spec.fail("sync", { code: "x" });
    spec.succeed("alert");
    expect(rowOf(spec.state)).toMatchObject({ status: "failed", parked: true, wakeAt: undefined, finishedAt: START });
  });
});

describe("a proof", () => {
  it("is what a wait for an application put out, and nothing else is", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    expect(
      spec.succeed("sync", { operation: { run: "r" }, ...PROOF }).flatMap((event) => proofsIn(spec.state, event)),
    ).toEqual([]);
    const before = spec.state;
    const proofs = spec.succeed("healthy", PROOF).flatMap((event) => proofsIn(before, event));
    expect(proofs).toEqual([{ ...PROOF, run: RUN, app: "main/argocd/checkout-staging" }]);
  });

  it("is found again from the whole log", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    spec.succeed("sync", { operation: { run: "r" } });
    spec.succeed("healthy", PROOF);
    expect(projectRun(RUN, spec.events)).toMatchObject({
      row: { status: "succeeded" },
      claims: [],
      proofs: [{ revision: SHA }],
    });
    expect(projectRun(RUN, spec.events.slice(1))).toBeUndefined();
    expect(projectRun(RUN, [])).toBeUndefined();
  });
});
