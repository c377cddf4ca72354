import { describe, expect, it } from "vitest";

import { PROOFS } from "../proofs/proof-list.ts";

describe("in their short size, the proofs", () => {
  it.each(PROOFS.map(({ goal, says, prove }) => ({ name: `${goal}: ${says}`, prove })))(
    "hold: $name",
    async ({ prove }) => {
      const findings = await prove("short", 1);
      expect(findings.filter(({ holds }) => !holds)).toEqual([]);
      expect(findings.length).toBeGreaterThan(0);
    },
  );
});
