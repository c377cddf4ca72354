import { expect, it } from "vitest";

import { fuzz } from "../fuzz/fuzz.ts";
import { TARGETS } from "../fuzz/fuzz-target.ts";

// Half a second each finds what is near; `npm run fuzz` looks further. Times fail nothing here.
const FOR_MS = 500;

it.concurrent.each(TARGETS)("%s: no input that chance makes of real ones breaks a promise", async (target) => {
  const { findings, inputs } = await fuzz({ target, seed: 1, forMs: FOR_MS, measure: false });
  expect(findings).toEqual([]);
  expect(inputs).toBeGreaterThan(0);
});
