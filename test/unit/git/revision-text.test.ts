import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";

import { parseRevisionText } from "../../../src/git/revision-text.ts";

describe("the text of a revision", () => {
  test("can be a branch or a tag, and digits of a commit when it looks like them", () => {
    expect(parseRevisionText(" ABC123 ")).toEqual({
      kind: "name",
      text: "ABC123",
      references: ["refs/heads/ABC123", "refs/tags/ABC123"],
      digits: "abc123",
    });
  });

  test.each(["main", "release/1.2", "feature/JIRA-1_x+y", "v1.0-3-gabc1234", "größe", "a@b", "#42", "50%"])(
    "%s is a name",
    (text) => {
      expect(parseRevisionText(text)).toMatchObject({ kind: "name", digits: undefined });
    },
  );

  test("is one reference alone when it is written in full", () => {
    expect(parseRevisionText("refs/tags/v1")).toMatchObject({ references: ["refs/tags/v1"] });
    expect(parseRevisionText("refs/pull/1/head")).toMatchObject({
      references: ["refs/heads/refs/pull/1/head", "refs/tags/refs/pull/1/head"],
    });
  });

  test.each([["abc"], ["g123"], ["a".repeat(41)]])("%s is not the digits of a commit", (text) => {
    expect(parseRevisionText(text)).toMatchObject({ digits: undefined });
  });

  test.each([
    "--upload-pack=touch /tmp/x",
    "-x",
    "main..evil",
    "HEAD~1",
    "HEAD^",
    "main@{1}",
    "@",
    "main:secret.txt",
    ":/fix",
    "a b",
    "a\nb",
    "a\u0000b",
    "a\u202Eb",
    "a\u200Bb",
    "refs/heads/*",
    "a?b",
    "a[b]",
    "a\\b",
    ".git",
    "a/.b",
    "/a",
    "a/",
    "a//b",
    "a.lock",
    "a.lock/b",
    "a.",
    "../../etc/passwd",
  ])("%j is malformed", (text) => {
    expect(parseRevisionText(text)).toEqual({ kind: "malformed", reason: "not-a-name" });
  });

  test("is malformed when empty or longer than 256 characters", () => {
    expect(parseRevisionText(" ")).toEqual({ kind: "malformed", reason: "empty" });
    expect(parseRevisionText("a".repeat(257))).toEqual({ kind: "malformed", reason: "too-long" });
    expect(parseRevisionText("a".repeat(256))).toMatchObject({ kind: "name" });
  });

  test("never holds anything that git or a line-based protocol could take for something else", () => {
    assert(
      property(string({ unit: "binary", maxLength: 40 }), (input) => {
        const parsed = parseRevisionText(input);
        if (parsed.kind === "malformed") return;
        expect(parsed.text).not.toMatch(/^-|[\s\p{Cc}~^:?*[\\]|\.\./u);
      }),
      { numRuns: 2000 },
    );
  });
});
