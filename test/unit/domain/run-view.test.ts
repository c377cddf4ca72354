import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import { begun, decided, ended, GATE, opened, started, viewOf } from "../slack/sample-run.ts";

const STAGING = "promote/for-each[staging]/sync";
const PARKED: readonly RunEvent[] = [
  started(),
  begun(STAGING, "argocd/sync", "action"),
  ended(STAGING),
  begun(GATE, "approval", "gate"),
  opened(),
];

function stages(events: readonly RunEvent[], path?: string): readonly string[] {
  const queue = path === undefined ? [] : [{ path, keys: ["k"], position: 1, behind: "run_AAAA" }];
  return viewOf(events, { queue }).stages.map(({ environment, status }) => `${environment} ${status}`);
}

describe("the stages of a run that waits for a lock", () => {
  it("are queued where the lock is, also when nothing has happened there yet", () => {
    expect(stages([started()], "promote/for-each[staging]")).toEqual(["staging queued", "prod waiting"]);
    const afterGate = [...PARKED, decided("approve"), ended(GATE)];
    expect(stages(afterGate, "promote/for-each[prod]")).toEqual(["staging succeeded", "prod queued"]);
    const withoutGate = PARKED.slice(0, 3);
    expect(stages(withoutGate, "promote/for-each[prod]")).toEqual(["staging succeeded", "prod queued"]);
  });

  it("are queued in the only environment when the lock stands in no for-each", () => {
    expect(stages([started(undefined, ["prod"])], "rollback/lock")).toEqual(["prod queued"]);
  });

  it("are not queued otherwise", () => {
    expect(stages(PARKED)).toEqual(["staging succeeded", "prod gate"]);
    expect(stages(PARKED.slice(0, 3))).toEqual(["staging running", "prod waiting"]);
  });
});
