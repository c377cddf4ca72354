import { describe, expect, test } from "vitest";

import { isAllowedBranch } from "../../../src/git/branch-pattern.ts";

describe("the allowed branches", () => {
  test.each([
    ["main", ["main"], true],
    ["main", ["refs/heads/main"], true],
    ["mainline", ["main"], false],
    ["release/1.2", ["release/*"], true],
    ["release/1.2/hotfix", ["release/*"], false],
    ["release/1.2/hotfix", ["release/**"], true],
    ["release", ["release/*"], false],
    ["x/release/1", ["release/*"], false],
    ["anything/at/all", ["**"], true],
    ["a/b", ["*"], false],
    ["release-1-lts", ["release-*-lts"], true],
    ["v1x2", ["v1.2"], false],
    ["main", ["release/*", "main"], true],
    ["main", [], false],
    ["main", [""], false],
  ])("%s by %j: %s", (branch, patterns, expected) => {
    expect(isAllowedBranch(branch, patterns)).toBe(expected);
  });

  // A backtracking matcher would not come back from this one.
  test("answer for a pattern made to be slow", () => {
    expect(isAllowedBranch("a".repeat(200), [`${"**a".repeat(60)}b`])).toBe(false);
  });
});
