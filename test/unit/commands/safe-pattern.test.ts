import { describe, expect, it } from "vitest";

import { compilePattern, LONGEST_PATTERNED_TEXT } from "../../../src/commands/safe-pattern.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

function matches(source: string, text: string): boolean | string {
  const compiled = compilePattern(source);
  return compiled.ok ? compiled.pattern.test(text) : compiled.message;
}

describe("a pattern from a command file", () => {
  it("is for the whole text", () => {
    expect(matches("[A-Z]{2,5}-[0-9]+", "OPS-17")).toBe(true);
    expect(matches("[A-Z]{2,5}-[0-9]+", "see OPS-17")).toBe(false);
    expect(matches("a|b", "ab")).toBe(false);
    expect(matches("(?:feature|fix)/[a-z-]+", "fix/typo")).toBe(true);
    expect(matches("a\\+\\?\\*\\{", "a+?*{")).toBe(true);
  });

  it.each([
    ["(a+)+", "cannot be repeated"],
    ["(a|aa)*", "cannot be repeated"],
    ["(?:a|b){2,}", "cannot be repeated"],
    ["a?a?a?a?aaaa", "at most 3 repetitions"],
    ["a*b*c*d*", "at most 3 repetitions"],
    ["(a|)".repeat(25), "so many alternatives"],
    [`${"(a|aa|b)".repeat(5)}a*a*`, "so many alternatives"],
    ["(?=a)b", "not available"],
    ["(?<n>a)", "not available"],
    ["(a)\\1", "not available"],
    ["[a", "is no regular expression"],
    ["\\q", "is no regular expression"],
    ["a|)b|(c", "is no regular expression"],
  ])("%s is refused", (source, message) => {
    expect(matches(source, "a")).toContain(message);
  });

  it("may have alternatives as far as trying all of them is quick", () => {
    expect(matches("(dev|staging|prod)-(eu|us|ap)-[1-9]", "prod-eu-1")).toBe(true);
    expect(matches("v\\d+\\.\\d+\\.\\d+|latest", "latest")).toBe(true);
  });

  it.each(["a*a*a*b", "a+a+a+b", ".*.*.*x", "[a-z]*a[a-z]*a[a-z]*b", "a?a*a*b"])(
    "%s is fast on the worst text",
    (source) => {
      const started = cpuTimeMs();
      expect(matches(source, "a".repeat(LONGEST_PATTERNED_TEXT))).toBe(false);
      // 50 ms is the promise; a busy machine gets some more.
      expect(cpuTimeMs() - started).toBeLessThan(250);
    },
  );
});
