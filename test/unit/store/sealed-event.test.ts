import { describe, expect, it } from "vitest";

import { commitmentOf } from "../../../src/audit/hash-chain.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { EventSealer } from "../../../src/store/sealed-event.ts";

describe("EventSealer", () => {
  it("separates the header from the payload and commits to the payload", () => {
    const sealed = new EventSealer({ random: systemRandom }).seal({
      type: "step.started",
      at: 7,
      actor: "p_1",
      path: "lock/sync",
      attempt: 1,
      deadlineAt: undefined,
    });
    expect(sealed).toMatchObject({
      type: "step.started",
      at: 7,
      actor: "p_1",
      payload: '{"attempt":1,"path":"lock/sync"}',
    });
    expect(sealed.commitment).toBe(commitmentOf(sealed.salt, sealed.payload));
  });

  it("says that nobody did what has no actor", () => {
    expect(new EventSealer({ random: systemRandom }).seal({ type: "x", at: 7 })).toMatchObject({
      actor: "",
      payload: "{}",
    });
  });

  it("never uses a salt twice, also when its block of randomness is used up", () => {
    const sealer = new EventSealer({ random: systemRandom });
    const salts = Array.from({ length: 600 }, () => sealer.salt());
    expect(new Set(salts).size).toBe(600);
    expect(salts.every((salt) => /^[0-9a-f]{32}$/u.test(salt))).toBe(true);
  });
});
