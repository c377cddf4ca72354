import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { ARGOCD_COVERAGE } from "../../src/simulator/argocd-coverage.ts";
import { startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";

test("the table of what the Argo CD simulator covers lists exactly what it serves", async () => {
  await using simulator = await startArgocdSimulator({
    clock: systemClock,
    gitRepositories: {},
    applications: [],
    accounts: [],
  });
  const served = Object.entries(ARGOCD_COVERAGE).filter(([, { state }]) => state !== "none");
  expect(served.map(([endpoint]) => endpoint).toSorted()).toEqual(simulator.endpoints.toSorted());
});

test.each(Object.entries(ARGOCD_COVERAGE))("%s says what is missing, and which test shows the rest", (_, coverage) => {
  const { state, missing, test: file } = coverage;
  expect(missing !== undefined).toBe(state === "partial");
  expect(file !== undefined && existsSync(new URL(`../../${file}`, import.meta.url))).toBe(state !== "none");
});
