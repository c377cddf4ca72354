import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import { step } from "../../support/run-spec.ts";
import {
  AT,
  begun,
  decided,
  ended,
  failedStep,
  finished,
  GATE,
  opened,
  runFailed,
  started,
  viewOf,
} from "../slack/sample-run.ts";

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

describe("the stage of a chain that works in its environment more than once", () => {
  const app = { app: "main/argocd/checkout-prod" };
  const plan = (): readonly RunEvent[] => {
    const begin = started(undefined, ["prod"]);
    const steps = [
      step("gate", "approval", { with: app }),
      step("apply", "terraform/apply", { with: app }),
      step("preview", "ansible/playbook"),
      step("sync", "argocd/sync", { with: app }),
    ];
    return [{ ...begin, plan: { ...begin.plan, command: "provision", steps } }];
  };
  const applied = [
    ...plan(),
    begun("provision/apply", "terraform/apply", "action", { input: app }),
    ended("provision/apply"),
  ];
  const beside = begun("provision/preview", "ansible/playbook", "action", { input: {} });

  it("is under way between its parts, and not done", () => {
    expect(stages([...applied, beside])).toEqual(["prod running"]);
    expect(stages([...applied, beside, ended("provision/preview")])).toEqual(["prod running"]);
  });

  it("was stopped when the chain failed between them", () => {
    const failed = [...applied, beside, failedStep("provision/preview", "ansible.failed", "a task failed")];
    const over = [...failed, runFailed("provision/preview", "ansible.failed", "a task failed"), finished("failed")];
    expect(stages(over)).toEqual(["prod cancelled"]);
  });

  it("comes later while all that was reached there was skipped", () => {
    const gate: RunEvent = {
      type: "step.skipped",
      at: AT,
      path: "provision/gate",
      uses: "approval",
      reason: "condition",
    };
    expect(stages([...plan(), gate, beside])).toEqual(["prod waiting"]);
  });

  it("is done when the last part is", () => {
    const synced = [begun("provision/sync", "argocd/sync", "action", { input: app }), ended("provision/sync")];
    expect(stages([...applied, beside, ended("provision/preview"), ...synced, finished("succeeded")])).toEqual([
      "prod succeeded",
    ]);
  });
});
