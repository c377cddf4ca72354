import { describe, expect, it } from "vitest";

import { stepFindings } from "../../../src/domain/step-findings.ts";

describe("what a step found, of a kind that says nothing of it", () => {
  it("is the same whether its output is new or was read back, and has commits and digests as people compare them", () => {
    const [revision, digest] = ["abc1234".padEnd(40, "0"), `sha256:${"ab".repeat(32)}`];
    const said = ["changed true · digest sha256:abababababab · revision abc1234 · tag 1.5.0"];
    expect(stepFindings({ tag: "1.5.0", revision, digest, changed: true })).toEqual(said);
    expect(stepFindings({ changed: true, digest, revision, tag: "1.5.0" })).toEqual(said);
  });

  it("leaves out what nobody could read", () => {
    expect(stepFindings({ list: [1], empty: " ", long: "x".repeat(81), count: 3 })).toEqual(["count 3"]);
    expect(stepFindings({ list: [] })).toEqual([]);
  });
});
