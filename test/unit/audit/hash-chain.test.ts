import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commitmentOf, type EventHeader, headerHash } from "../../../src/audit/hash-chain.ts";
import { canonicalJson, digestOf } from "../../../src/platform/canonical-json.ts";

const header: fc.Arbitrary<EventHeader> = fc.record({
  sequence: fc.integer({ min: 1 }),
  previousHash: fc.string(),
  at: fc.integer(),
  stream: fc.string({ unit: "binary" }),
  version: fc.integer({ min: 1 }),
  type: fc.string({ unit: "binary" }),
  actor: fc.string({ unit: "binary" }),
  commitment: fc.string(),
});

describe("headerHash", () => {
  it("is the SHA-256 of the header's canonical JSON, so that anybody can recompute it", () => {
    fc.assert(fc.property(header, (each) => headerHash(each) === digestOf(each)));
  });

  it("differs for two headers that differ in how their text is divided among the fields", () => {
    const plain = {
      sequence: 1,
      previousHash: "",
      at: 1,
      stream: "s",
      version: 1,
      type: "t",
      actor: "",
      commitment: "c",
    };
    const shifted = { ...plain, type: 't","version":1}', stream: "s" };
    expect(headerHash(shifted)).not.toBe(headerHash(plain));
  });
});

describe("commitmentOf", () => {
  it("is the SHA-256 of the salt's digits and the canonical payload", () => {
    const payload = canonicalJson({ path: "lock/sync", attempt: 1 });
    const expected = createHash("sha256").update("00ff").update(payload).digest("hex");
    expect(commitmentOf("00ff", payload)).toBe(expected);
  });
});
