import type { ApprovalRule } from "../../../src/domain/target.ts";
import { array, assert, integer, property, subarray } from "fast-check";
import { describe, expect, it } from "vitest";

import { openLists } from "../../../src/domain/gate-quorum.ts";
import type { Approver } from "../../../src/domain/target.ts";
import { EVIDENCE, promotePlan, RULE, RunSpec, step } from "../../support/run-spec.ts";

const GROUP: Approver[] = [{ kind: "group", group: "S2" }];

describe("what a gate still needs", () => {
  it("is so many approvals as its quorum, where its rule has one list only", () => {
    const rule = { ...RULE, quorum: 2 };
    expect(openLists(rule, [])).toEqual([0, 0]);
    expect(openLists(rule, [{}])).toEqual([0]);
    expect(openLists(rule, [{}, {}])).toEqual([]);
    expect(openLists(rule, [{}, {}, {}])).toEqual([]);
  });

  it("is one besides for every other list, by somebody who counts for nothing else", () => {
    const rule = { ...RULE, also: [GROUP, GROUP] };
    expect(openLists(rule, [{ lists: [0, 1, 2] }])).toEqual([1, 2]);
    expect(openLists(rule, [{ lists: [0, 1, 2] }, { lists: [0] }])).toEqual([2]);
    expect(openLists(rule, [{ lists: [0, 1] }, { lists: [0, 2] }, { lists: [0] }])).toEqual([]);
    expect(openLists(rule, [{ lists: [0] }, { lists: [0] }, { lists: [0] }])).toEqual([1, 2]);
    expect(openLists(rule, [{ lists: [2] }])).toEqual([0, 1]);
  });

  it("is nothing exactly when people can be found for all of it, one each", () => {
    const lists = subarray([0, 1, 2]);
    assert(
      property(array(lists, { maxLength: 5 }), integer({ min: 1, max: 2 }), (people, quorum) => {
        const wanted = [...Array.from({ length: quorum }, () => 0), 1, 2];
        const isPossible = (places: readonly number[], free: readonly (readonly number[])[]): boolean =>
          places.length === 0 ||
          free.some(
            (own, index) => own.includes(places[0] ?? -1) && isPossible(places.slice(1), free.toSpliced(index, 1)),
          );
        const open = openLists(
          { ...RULE, quorum, also: [GROUP, GROUP] },
          people.map((own) => ({ lists: own })),
        );
        expect(open.length === 0).toBe(isPossible(wanted, people));
      }),
    );
  });
});

function askedBy(rule: ApprovalRule): RunSpec {
  const spec = new RunSpec([{ name: "prod", approval: RULE }], promotePlan({ steps: [step("gate", "approval")] }));
  const { path, attempt, token } = spec.step("gate");
  const subject = spec.subject("gate", { rule });
  spec.when({ type: "gate-opened", path, attempt, token, subject, evidence: EVIDENCE, rule });
  return spec;
}

describe("a gate that asks for a second person", () => {
  it("is not let through by whoever approved before, whatever was judged, and by anybody else", () => {
    const spec = askedBy({ ...RULE, notBy: ["p_priya"] });
    expect(spec.decide("gate")).toMatchObject([{ type: "gate.refused", code: "approval.approved-before" }]);
    expect(spec.decide("gate", { actor: "p_olga" })).toMatchObject([
      { type: "gate.decided", actor: "p_olga" },
      { type: "step.succeeded", output: { approvedBy: ["p_olga"] } },
      { type: "run.finished" },
    ]);
  });
});

describe("a gate with a second list", () => {
  const rule = { ...RULE, also: [GROUP] };
  const asked = (): RunSpec => askedBy(rule);

  it("lets the run through when each list has its own approval, whoever came first", () => {
    const spec = asked();
    const both = { kind: "allowed", groups: ["S1", "S2"], lists: [0, 1] } as const;
    expect(spec.decide("gate", { judgement: both })).toMatchObject([{ type: "gate.decided", lists: [0, 1] }]);
    const events = spec.decide("gate", { actor: "p_olga", judgement: { kind: "allowed", groups: ["S1"], lists: [0] } });
    expect(events).toMatchObject([
      { type: "gate.decided" },
      { type: "step.succeeded", output: { approvedBy: ["p_priya", "p_olga"] } },
      { type: "run.finished" },
    ]);
  });

  it("is not let through by any number of people of one list, nor twice by the same person", () => {
    const spec = asked();
    const first = { kind: "allowed", groups: ["S1"], lists: [0] } as const;
    for (const actor of ["p_priya", "p_olga", "p_marco", "p_priya"]) spec.decide("gate", { actor, judgement: first });
    expect(spec.step("gate").status).toBe("running");
    expect(spec.events.at(-1)).toMatchObject({ type: "gate.refused", code: "approval.already-decided-by-you" });
  });

  it("is ended by a rejection from either", () => {
    const spec = asked();
    const judgement = { kind: "allowed", groups: ["S2"], lists: [1] } as const;
    spec.decide("gate", { decision: "reject", judgement });
    expect(spec.step("gate").failure?.code).toBe("gate.rejected");
  });
});
