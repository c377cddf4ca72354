import { assert, constantFrom, nat, property, stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";

import { didYouMean } from "../../../src/platform/did-you-mean.ts";

const services = ["checkout", "web", "payments"];

describe("did you mean", () => {
  it.each([
    ["chekout", "checkout"],
    ["CHECKOUT", "checkout"],
    ["checkuot", "checkout"],
    ["payment", "payments"],
    ["wbe", "web"],
    ["we", "web"],
  ])("takes %s for %s", (typed, meant) => {
    expect(didYouMean(typed, services)).toBe(meant);
  });

  it.each(["", "database", "xyz", "c", "checkout".repeat(200)])("has no guess for %j", (typed) => {
    expect(didYouMean(typed, services)).toBeUndefined();
  });

  it("prefers the nearest", () => {
    expect(didYouMean("stagin", ["string", "staging"])).toBe("staging");
  });

  it("always finds a word that was mistyped by one letter", () => {
    assert(
      property(stringMatching(/^[a-z]{3,20}$/u), nat(), constantFrom("x", "é", "_"), (word, place, letter) => {
        const index = place % word.length;
        const typed = word.slice(0, index) + letter + word.slice(index + 1);
        expect(didYouMean(typed, [word])).toBe(word);
      }),
    );
  });
});
