import { readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { readCorpus } from "../fuzz/corpus.ts";
import { loadTarget, TARGETS } from "../fuzz/fuzz-target.ts";
import { tryTwice } from "../fuzz/try-input.ts";

const FOLDER = new URL("../fuzz/corpus/", import.meta.url);
const kept = readdirSync(FOLDER);

describe("an input that once broke a promise", () => {
  // Loading what a target tests takes longer than the test where the machine is busy.
  it.each(kept)("breaks none any more: %s", { timeout: 60_000 }, async (name) => {
    const target = await loadTarget(name);
    for (const input of await readCorpus(name)) {
      const { cause, isSame } = await tryTwice(target, input);
      expect(cause).toBeUndefined();
      expect(isSame).toBe(true);
    }
  });

  it("is kept for a target that there is", () => {
    expect(TARGETS).toEqual(expect.arrayContaining(kept));
  });
});
