import { describe, expect, it } from "vitest";

import { filePathProblem } from "../../../src/platform/file-path.ts";

describe("the path of a file in a repository", () => {
  it.each([
    ["a"],
    ["apps/checkout/values.yaml"],
    [".github/x.yml"],
    [".gitignore"],
    ["a..b/c"],
    ["gitops/x"],
    ["-n/ä b"],
  ])("may be %s", (path) => {
    expect(filePathProblem(path)).toBeUndefined();
  });

  it.each([
    [""],
    ["/etc/passwd"],
    ["../x"],
    ["a/../../x"],
    ["a/./b"],
    ["a//b"],
    ["a/"],
    [".git/config"],
    ["a/.GIT/hooks/x"],
    ["a/.git"],
    ["GIT~1/config"],
    [".git. ./config"],
    [".git::$INDEX_ALLOCATION/config"],
    [".g\u200Cit/config"],
    ["a\\b"],
    ["a\nb"],
    ["a\0b"],
    ["a".repeat(501)],
  ])("is never %j", (path) => {
    expect(filePathProblem(path)).toEqual(expect.any(String));
  });
});
