import { describe, expect, it } from "vitest";

import { changesText, GateSubject } from "../../../src/domain/gate.ts";
import { RULE, RunSpec } from "../../support/run-spec.ts";

const SHOWN = new RunSpec().subject("promote/for-each[staging]/sync");

describe("what changed between two subjects, in words", () => {
  it("is nothing when nothing did", () => {
    expect(changesText(SHOWN, { ...SHOWN })).toBe("");
  });

  it("names the commits when what is live has moved", () => {
    const fromRevision = "1".repeat(40);
    const moved = { ...SHOWN, fromRevision: "2".repeat(40) };
    expect(changesText({ ...SHOWN, fromRevision }, moved)).toBe("what is live went from 1111111 to 2222222");
    expect(changesText({ ...SHOWN, fromRevision: "" }, moved)).toBe("what is live went from nothing to 2222222");
  });

  it("names everything that changed", () => {
    const after = { ...SHOWN, applicationUid: "another", rule: { ...RULE, quorum: 2 } };
    expect(changesText(SHOWN, after)).toBe(
      "the application was deleted and made again, and the rule about who may approve changed",
    );
  });

  // Where an approval is given decides nothing about what it is of.
  const fields = Object.keys(GateSubject.shape).filter((field) => field !== "path");

  it.each(fields)("has words of its own for %s", (field) => {
    const after = GateSubject.parse({ ...SHOWN, [field]: OTHER[field] ?? "something else" });
    const text = changesText(SHOWN, after);
    expect(text).not.toBe("");
    expect(text).not.toMatch(/[a-z][A-Z]/u);
  });
});

const OTHER: Readonly<Record<string, unknown>> = {
  strategy: "track",
  imageDigests: ["sha256:1"],
  checks: [{ name: "scan", result: "failed" }],
  rule: { ...RULE, quorum: 3 },
};
