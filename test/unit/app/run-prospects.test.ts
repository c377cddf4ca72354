import { expect, test } from "vitest";

import { OvertakenRuns } from "../../../src/app/run-prospects.ts";

const proof = (run: string) => ({
  app: "",
  run,
  sequence: 1,
  revision: "",
  applicationUid: "",
  sourceDigest: "",
  provenAt: 1,
});

test("two runs that are each the newer one in some environment do not have one another drawn for ever", () => {
  const proofs = new Map([
    ["staging", [proof("run_a"), proof("run_b")]],
    ["prod", [proof("run_b"), proof("run_a")]],
  ]);
  const overtaken = new OvertakenRuns({ events: { proofs: (app) => proofs.get(app) ?? [] } });
  const state = { status: "succeeded" as const, targets: [{ app: "staging" }, { app: "prod" }] };

  expect(overtaken.overtakenBy({ id: "run_a", state })).toEqual(["run_b"]);
  expect(overtaken.overtakenBy({ id: "run_b", state })).toEqual(["run_a"]);
  expect(overtaken.overtakenBy({ id: "run_a", state })).toEqual([]);
  expect(overtaken.overtakenBy({ id: "run_b", state })).toEqual([]);
});
