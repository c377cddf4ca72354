import { describe, expect, it } from "vitest";
import { matchesExpected, rememberBefore } from "../../../src/argocd/expectation.ts";
import { anApplication, aState, at, SHA_A } from "./application-builder.ts";

describe("expectation", () => {
  it("is met by nothing when it expects nothing", () => {
    expect(matchesExpected([], [SHA_A])).toBe(false);
    expect(matchesExpected([{ sourceIndex: 0, sha: "" }], [SHA_A])).toBe(false);
    expect(matchesExpected([{ sourceIndex: 1, sha: SHA_A }], [SHA_A])).toBe(false);
  });

  it("remembers what the sync met, as plain data", () => {
    const before = rememberBefore(
      anApplication({
        status: { history: [{ id: 3, revision: SHA_A }], operationState: aState(SHA_A, "ana", "Succeeded") },
      }),
    );
    expect(JSON.parse(JSON.stringify(before))).toEqual({
      uid: "uid-1",
      historyId: 3,
      operation: `${at(10)}|${SHA_A}|ana|`,
      reconciledAt: at(0),
    });
  });
});
