import { describe, expect, it } from "vitest";
import { z } from "zod";

import { changedFields, GateSubject, subjectDigest } from "../../../src/domain/gate.ts";
import { changesOf, reordered, someOf } from "../../proofs/schema-changes.ts";
import { seededFractions } from "../../support/seeded-fractions.ts";

const FRACTION = seededFractions(7);

/** The subject as some later version may have it: with a field of every sort that nobody has written a test for. */
const Tomorrow = GateSubject.extend({
  scan: z.strictObject({ severity: z.enum(["none", "high"]), findings: z.array(z.string()) }),
  frozen: z.boolean().optional(),
});

function places(value: unknown): readonly string[] {
  return changesOf(Tomorrow, value).map(({ at }) => at);
}

describe("the changes that are read off the schema of a subject", () => {
  const subject = Tomorrow.parse(someOf(Tomorrow, FRACTION));

  it("are in every field of it, also in those that are added tomorrow", () => {
    const fields = new Set(places(subject).map((at) => /^\w+/u.exec(at)?.[0]));
    expect(fields).toEqual(new Set(Object.keys(Tomorrow.shape)));
    expect(places(subject)).toEqual(expect.arrayContaining(["scan.severity", "scan.findings[]", "frozen (left out)"]));
    expect(places({ ...subject, frozen: undefined })).toContain("frozen (added)");
  });

  it("are in the digest, and each is named by its field", () => {
    for (let round = 0; round < 20; round += 1) {
      for (const { at, make } of changesOf(Tomorrow, subject)) {
        const changed = Tomorrow.parse(make(FRACTION));
        const fields = changedFields(subject, changed);
        expect({ at, fields }).toEqual({ at, fields: [/^\w+/u.exec(at)?.[0]] });
        expect(subjectDigest(changed)).not.toBe(subjectDigest(subject));
      }
    }
  });

  it("are none where only the order of the members is another", () => {
    for (let round = 0; round < 20; round += 1) {
      const same = Tomorrow.parse(reordered(subject, FRACTION));
      expect([subjectDigest(same), changedFields(subject, same)]).toEqual([subjectDigest(subject), []]);
    }
  });

  it("tell what is not there from what is empty, and one list from two", () => {
    const [gone, empty] = [
      { ...subject, strategy: undefined },
      { ...subject, repository: "" },
    ];
    const digests = [
      subject,
      { ...subject, imageDigests: ["a", "b"] },
      { ...subject, imageDigests: ["a,b"] },
      gone,
      empty,
    ];
    expect(new Set(digests.map(subjectDigest)).size).toBe(digests.length);
  });

  it("are refused for a sort of field that nobody has said how to change", () => {
    expect(() => someOf(z.date(), FRACTION)).toThrow(/nobody has said how to change a date/u);
  });
});
