import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { FORGE_COVERAGE } from "../../src/simulator/forge-coverage.ts";
import { ForgeSimulator } from "../../src/simulator/forge-simulator.ts";

test("the table of what the simulated forge covers lists exactly what it serves", async () => {
  await using forge = await ForgeSimulator.start({ clock: systemClock, repositories: {}, tokens: {} });
  expect(Object.keys(FORGE_COVERAGE).toSorted()).toEqual(forge.endpoints.toSorted());
});

test.each(Object.entries(FORGE_COVERAGE))("%s says what is missing, and which test shows the rest", (_, coverage) => {
  expect(coverage.missing !== undefined).toBe(coverage.state === "partial");
  expect(coverage.test !== undefined && existsSync(new URL(`../../${coverage.test}`, import.meta.url))).toBe(true);
});
