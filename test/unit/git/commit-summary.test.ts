import { describe, expect, test } from "vitest";

import { parseSummaries } from "../../../src/git/commit-summary.ts";

const SHA = "a".repeat(40);

function summary(fields: { name?: string; authored?: string; committed?: string; subject?: string }) {
  const { name = "Ana", authored = "1700000000", committed = "1700000001", subject = "Fix" } = fields;
  const record = [SHA, "aaaaaaa", name, "ana@example.com", authored, committed, subject];
  const [parsed] = parseSummaries({ exitCode: 0, stdout: `${record.join("\0")}\0` });
  return parsed;
}

describe("the summary of a commit", () => {
  test("has subject, author and time", () => {
    expect(summary({})).toEqual({
      sha: SHA,
      short: "aaaaaaa",
      subject: "Fix",
      author: { name: "Ana", email: "ana@example.com" },
      authoredAt: 1_700_000_000_000,
    });
  });

  test("caps a subject of a megabyte and a name of any length", () => {
    const parsed = summary({ subject: "x".repeat(1_000_000), name: "n".repeat(5000) });
    expect(parsed?.subject).toHaveLength(300);
    expect(parsed?.author.name).toHaveLength(120);
  });

  test("falls back to the commit's own time where the author's is absurd", () => {
    expect(summary({ authored: "99999999999999999999" })?.authoredAt).toBe(1_700_000_001_000);
    expect(summary({ authored: "", committed: "" })?.authoredAt).toBe(0);
  });

  test("is none where git wrote nothing", () => {
    expect(parseSummaries({ exitCode: 0, stdout: "" })).toEqual([]);
  });
});
