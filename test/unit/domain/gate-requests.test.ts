import { expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import { gateRequests } from "../../../src/domain/gate-requests.ts";
import { AT, begun, decided, ended, GATE, opened, started } from "../slack/sample-run.ts";

it("tells what was void from what was asked again", () => {
  const voided: RunEvent = {
    type: "gate.voided",
    at: AT,
    path: GATE,
    attempt: 1,
    changed: ["toRevision"],
    message: "moved",
  };
  const requests = gateRequests([
    started(),
    begun(GATE, "approval", "gate"),
    opened(),
    decided("approve"),
    voided,
    opened(),
    decided("approve"),
    ended(GATE),
    decided("reject", "too late"),
  ]);
  expect(
    requests.map(({ decisions, voided: isVoid, ended: end }) => [decisions.length, isVoid?.message, end?.type]),
  ).toEqual([
    [1, "moved", undefined],
    [1, undefined, "step.succeeded"],
  ]);
});
