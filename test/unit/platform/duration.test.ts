import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { tryDuration, typedDuration } from "../../../src/platform/duration.ts";

describe("a duration as it is typed", () => {
  it.each([
    [7_200_000, "2h"],
    [5_400_000, "90m"],
    [86_400_000, "1d"],
    [1500, "1500ms"],
    [0, "0ms"],
  ])("of %d ms is %s", (durationMs, text) => {
    expect(typedDuration(durationMs)).toBe(text);
  });

  it("is read back as what it was", () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999 }), (durationMs) => {
        expect(tryDuration(typedDuration(durationMs))).toBe(durationMs);
      }),
    );
  });
});
