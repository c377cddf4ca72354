import { assert, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";

import { safeLine } from "../../../src/git/safe-line.ts";

describe("a line that others wrote", () => {
  test.each([
    ["Fix the cart", "Fix the cart"],
    ["two\r\nlines\tand   more ", "two lines and more"],
    ["\u001B[31mred\u001B[0m", "[31mred[0m"],
    ["user\u202Egnp.exe", "usergnp.exe"],
    ["zero\u200Bwidth\uFEFF", "zerowidth"],
    ["a\u0000b", "ab"],
    ["<!channel> *bold* & more", "<!channel> *bold* & more"],
  ])("%j becomes %j", (text, expected) => {
    expect(safeLine(text, 100)).toBe(expected);
  });

  test("is cut between characters, with an ellipsis", () => {
    expect(safeLine("🚀🚀🚀🚀", 3)).toBe("🚀🚀…");
    expect(safeLine("🚀🚀🚀", 3)).toBe("🚀🚀🚀");
  });

  test("is never longer than asked and never has a control or direction character", () => {
    assert(
      property(string({ unit: "binary", maxLength: 200 }), integer({ min: 1, max: 50 }), (text, longest) => {
        const line = safeLine(text, longest);
        expect(Array.from(line).length).toBeLessThanOrEqual(longest);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\n]/u);
      }),
    );
  });
});
