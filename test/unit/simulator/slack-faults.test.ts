import { describe, expect, test } from "vitest";

import { SlackFaults } from "../../../src/simulator/slack-faults.ts";

const revoked = { kind: "error", error: "token_revoked" } as const;

describe("faults", () => {
  test("befall the named method and channel only", () => {
    const faults = new SlackFaults();
    faults.add({ method: "chat.update", channel: "C1", fault: revoked });
    expect(faults.take("chat.update", "C2")).toBeUndefined();
    expect(faults.take("chat.postMessage", "C1")).toBeUndefined();
    expect(faults.take("chat.update", "C1")).toEqual(revoked);
    expect(faults.take("chat.update", "C1")).toEqual(revoked);
  });

  test("skip as many calls and last as many times as they say", () => {
    const faults = new SlackFaults();
    faults.add({ method: "*", fault: revoked, skip: 1, times: 2 });
    const taken = ["a", "b", "c", "d"].map((method) => faults.take(method, undefined)?.kind);
    expect(taken).toEqual([undefined, "error", "error", undefined]);
  });

  test("can be taken back, one or all", () => {
    const faults = new SlackFaults();
    const remove = faults.add({ method: "*", fault: revoked });
    remove();
    expect(faults.take("a", undefined)).toBeUndefined();
    faults.add({ method: "*", fault: revoked });
    faults.clear();
    expect(faults.take("a", undefined)).toBeUndefined();
  });
});
