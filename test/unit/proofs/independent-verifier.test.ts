import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { VERIFIER } from "../../proofs/tamper-judges.ts";

describe("the independent verifier", () => {
  const text = readFileSync(VERIFIER, "utf8");

  it("can be read in one go: it has at most 200 lines", () => {
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it("needs nothing but Node, and shares nothing with the program", () => {
    const imported = Array.from(text.matchAll(/(?:from|import\(|require\()\s*"([^"]+)"/gu), ([, name = ""]) => name);
    expect(imported.length).toBeGreaterThan(3);
    expect(imported.filter((name) => !name.startsWith("node:"))).toEqual([]);
  });
});
