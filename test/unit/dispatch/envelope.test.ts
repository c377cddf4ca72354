import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openEnvelope, sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { newKeys } from "../../support/bullmq-rig.ts";

const { job, report } = newKeys();
const BODY = { effect: "run_1/sync/1", text: 'ümlaut \u2028 and " quotes' };

describe("an envelope", () => {
  it("is opened by whoever has its key, with what was put in", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const body: unknown = JSON.parse(JSON.stringify({ value }));
        expect(openEnvelope(job, sealEnvelope(job, JSON.parse(JSON.stringify({ value }))))).toEqual({
          kind: "opened",
          body,
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is not opened when any one character of it is another", () => {
    const sealed = sealEnvelope(job, BODY);
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === "A" ? "B" : "A";
      const opened = openEnvelope(job, sealed.slice(0, at) + other + sealed.slice(at + 1));
      // The last character of a MAC in base 64 carries bits that mean nothing.
      if (opened.kind === "opened") expect(opened.body).toEqual(BODY);
      else expect(opened.kind).toBe("refused");
    }
  });

  it("of another key, or of another purpose of the same secret, is foreign", () => {
    expect(openEnvelope(report, sealEnvelope(job, BODY))).toEqual({ kind: "refused", fault: "foreign" });
    expect(openEnvelope(newKeys().job, sealEnvelope(job, BODY))).toEqual({ kind: "refused", fault: "foreign" });
  });

  it("with our key's id that was made with another one is forged", () => {
    const forged = sealEnvelope({ id: job.id, bytes: report.bytes }, BODY);
    expect(openEnvelope(job, forged)).toEqual({ kind: "refused", fault: "forged" });
  });

  it("is refused unread when it is larger than any of ours", () => {
    expect(openEnvelope(job, "x".repeat(1_048_577))).toEqual({ kind: "refused", fault: "too-large" });
    expect(() => sealEnvelope(job, { text: "x".repeat(1_048_576) })).toThrow(/1048576 is the most/u);
  });

  it("is refused when what is in it is nested so deeply that reading it would end the process", () => {
    const deep: unknown = JSON.parse("[".repeat(3000) + "]".repeat(3000));
    expect(openEnvelope(job, sealEnvelope(job, { deep }))).toEqual({ kind: "refused", fault: "malformed" });
  });

  it("is nothing else than what we make", () => {
    const parsed: Record<string, unknown> = JSON.parse(sealEnvelope(job, BODY));
    const texts = ["", "null", "[]", "{}", JSON.stringify({ ...parsed, v: 2 }), JSON.stringify({ ...parsed, more: 1 })];
    for (const text of texts) expect(openEnvelope(job, text)).toEqual({ kind: "refused", fault: "malformed" });
    fc.assert(fc.property(fc.string(), (text) => openEnvelope(job, text).kind === "refused"));
  });
});
