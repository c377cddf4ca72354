import { describe, expect, it } from "vitest";

import { LockTable } from "../../../src/engine/lock-table.ts";
import { promotePlan, RUN, RunSpec, step } from "../../support/run-spec.ts";

const CLAIMS = [
  { run: "run_1", path: "a", keys: ["k"], status: "held", sequence: 7, isUrgent: false },
  { run: "run_2", path: "a", keys: ["k"], status: "requested", sequence: 9, isUrgent: false },
] as const;

describe("the table of locks", () => {
  it("knows after a restart what it knew before, and goes on counting", () => {
    const table = new LockTable();
    table.load(CLAIMS, []);
    expect(table.nextOrder()).toBe(10);
    expect(table.reply("run_3", { keys: ["k"], isUrgent: false })).toEqual({ kind: "taken", run: "run_1" });
    expect(table.reply("run_1", { keys: ["other"], isUrgent: false })).toEqual({ kind: "free" });
    expect(table.grantable()).toEqual([]);
    expect(table.waitingFor(["k", "x"])).toEqual(["run_2"]);
    expect(table.waitingFor(["x"])).toEqual([]);
  });

  it("grants on what a crash left free", () => {
    const table = new LockTable();
    table.load(CLAIMS.slice(1), []);
    expect(table.grantable()).toEqual([CLAIMS[1]]);
  });

  it("says who is ahead of a run and who holds what it waits for", () => {
    const table = new LockTable();
    table.load(
      [...CLAIMS, { run: "run_3", path: "a", keys: ["k"], status: "requested", sequence: 11, isUrgent: false }],
      [],
    );
    expect(table.queueOf("run_3")).toMatchObject([{ path: "a", keys: ["k"], position: 2 }]);
    expect(table.queueOf("run_3")[0]?.behind).toMatch(/_1$/u);
    expect(table.queueOf("run_1")).toEqual([]);
  });

  it("follows the states of runs, and forgets those that hold and wait for nothing", () => {
    const table = new LockTable();
    const spec = new RunSpec([{ name: "staging" }], promotePlan(), ["checkout/staging"]);
    table.update(spec.state);
    expect(table.grantable()).toMatchObject([{ run: RUN, path: "promote/for-each[staging]/lock" }]);
    spec.when({ type: "locks-granted", path: "promote/for-each[staging]/lock" });
    table.update(spec.state);
    expect(table.reply("run_other", { keys: ["checkout/staging"], isUrgent: false })).toMatchObject({ kind: "taken" });
    spec.fail("sync", { code: "argocd.rbac" });
    table.update(spec.state);
    expect(table.reply("run_other", { keys: ["checkout/staging"], isUrgent: false })).toEqual({ kind: "free" });
  });

  it("lets a run take inside what it holds already", () => {
    const inner = {
      type: "lock",
      key: "lock-2",
      keys: "k",
      whenLocked: "refuse",
      steps: [step("say", "slack/alert")],
    } as const;
    const table = new LockTable();
    const spec = new RunSpec(
      [{ name: "staging" }],
      promotePlan({ steps: [{ type: "lock", key: "lock", keys: "k", whenLocked: "queue", steps: [inner] }] }),
    );
    table.update(spec.state);
    expect(table.reply(RUN, { keys: ["k"], isUrgent: false })).toEqual({ kind: "free" });
  });
});
