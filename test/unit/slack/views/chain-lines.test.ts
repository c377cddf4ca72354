import { describe, expect, it } from "vitest";

import type { Plan, PlanNode } from "../../../../src/domain/plan.ts";
import { runView } from "../../../../src/domain/run-view.ts";
import { chainLines, chainWords } from "../../../../src/slack/views/chain-lines.ts";
import { promotePlan, RunSpec, SHA, step } from "../../../support/run-spec.ts";
import { lookups } from "../sample-run.ts";

const act = (key: string, more: object = {}): PlanNode => step(key, "program/run", more);

function command(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "command", key, command: key, inputs: {}, outputs: {}, steps };
}

function fleet(count: number, steps: readonly PlanNode[], more: object = {}): PlanNode {
  const items = `[${Array.from({ length: count }, (_, index) => `'eu-${index}'`).join(", ")}]`;
  return { type: "for-each", key: "for-each", items, as: "cluster", steps, atATime: count, failFast: false, ...more };
}

function environments(steps: readonly PlanNode[]): PlanNode {
  return { type: "for-each", key: "for-each", items: "['staging', 'prod']", as: "target", steps };
}

const APP = { app: "${{ 'main/argocd/checkout-' + target }}", revision: SHA };

function run(steps: readonly PlanNode[], names = ["staging", "prod"], more: Partial<Plan> = {}): RunSpec {
  return new RunSpec(
    names.map((name) => ({ name })),
    promotePlan({ steps: [...steps], onFailure: [], ...more }),
  );
}

/** What people read, without the addresses of links and the tokens of dates. */
function lines(spec: RunSpec): readonly string[] {
  return chainLines(runView({ state: spec.state, progress: new Map(), queue: [] }), lookups).map((line) =>
    line.replaceAll(/<https?:[^|>]*\|([^>]*)>/gu, "[$1]").replaceAll(/<!date\^\d+\^([^|]*)\|[^>]*>/gu, "$1"),
  );
}

function words(spec: RunSpec): string {
  return chainWords(runView({ state: spec.state, progress: new Map(), queue: [] }));
}

describe("many environments in words", () => {
  const NAMES = ["edge-1", "edge-2", "edge-3", "edge-4", "edge-5", "edge-6"];
  const clusters: PlanNode = {
    type: "for-each",
    key: "for-each",
    items: `['edge-1', 'edge-2', 'edge-3', 'edge-4', 'edge-5', 'edge-6']`,
    as: "target",
    steps: [act("sync", { with: APP })],
    atATime: 2,
  };

  it("are counted, with the names of those that failed, so that a notification can be read", () => {
    const spec = run([clusters], NAMES);
    spec.succeed("[edge-1]/sync");
    expect(words(spec)).toBe("2 under way, 1 done, 3 to come");
    spec.fail("[edge-2]/sync", { code: "x" });
    spec.succeed("[edge-3]/sync");
    expect(words(spec)).toBe("1 failed (edge-2), 2 done, 3 not reached");
  });

  it("are named where they are few", () => {
    expect(words(run([environments([act("sync", { with: APP })])]))).toBe("staging is under way, prod comes later");
  });
});

describe("an environment in which no step of the chain works", () => {
  it("is not said to come later, nor not to have been reached", () => {
    const spec = run([
      act("report"),
      { type: "lock", key: "lock", keys: "x", whenLocked: "queue", steps: [act("tidy")] },
    ]);
    expect(lines(spec)).toEqual([":arrow_forward: `report` running"]);
    spec.fail("/report", { code: "x" });
    expect(lines(spec)).toEqual([":x: `report` failed"]);
  });

  it("comes later as long as a step names an application, or a loop may go there", () => {
    const later = (node: PlanNode): string | undefined => lines(run([act("report"), node], ["prod"])).at(-1);
    expect(later(act("sync", { with: APP }))).toBe(":white_circle: *[prod]* comes later");
    expect(later(environments([act("sync")]))).toBe(":white_circle: *[prod]* comes later");
    expect(later(command("inner", [act("sync", { with: APP })]))).toBe(":white_circle: *[prod]* comes later");
  });
});

describe("the chain on the card", () => {
  it("shows what stands before and after the environments, in its order", () => {
    const parallel: PlanNode = { type: "parallel", key: "checks", branches: [act("scan"), act("lint"), act("plan")] };
    const spec = run([act("verify"), parallel, environments([act("sync", { with: APP })]), act("playbook")]);
    spec.succeed("/verify");
    spec.succeed("/lint");
    spec.succeed("/plan");
    expect(lines(spec)).toEqual([
      ":white_check_mark: `verify` succeeded",
      ":arrow_forward: *checks* 2 of 3 done, scan running",
      ":white_circle: *[staging]* comes later",
      ":white_circle: *[prod]* comes later",
    ]);
    spec.succeed("/scan");
    spec.succeed("[staging]/sync");
    spec.succeed("[prod]/sync");
    expect(lines(spec)).toEqual([
      ":white_check_mark: `verify` succeeded",
      ":white_check_mark: *checks* 3 of 3 done",
      ":white_check_mark: *[staging]* done, {ago}",
      ":white_check_mark: *[prod]* done, {ago}",
      ":arrow_forward: `playbook` running",
    ]);
    expect(words(spec)).toBe("verify succeeded, checks: 3 of 3 done, staging is done, prod is done, playbook running");
  });

  it("counts a fleet without environments, and names what failed first", () => {
    const spec = run([fleet(8, [act("patch")], { atATime: 4 })], []);
    spec.succeed("[eu-0]/patch");
    for (const name of ["eu-1", "eu-2"]) spec.fail(`[${name}]/patch`, { code: "x" });
    expect(lines(spec)).toEqual([":x: *cluster* 2 failed (eu-1 and eu-2), 4 under way, 1 done, 1 to come"]);
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    for (const name of ["eu-3", "eu-4", "eu-5", "eu-6"]) spec.fail(`[${name}]/patch`, { code: "cancelled" });
    expect(lines(spec)[0]).toBe(
      ":x: *cluster* 2 failed (eu-1 and eu-2), 4 stopped (eu-3, eu-4, eu-5 and 1 more), 1 done, 1 not reached",
    );
  });

  it("says of a fleet that all of it is done, and where it waits for approval", () => {
    const spec = run([fleet(3, [step("gate", "approval")])], []);
    spec.open("[eu-1]/gate");
    expect(lines(spec)).toEqual([
      ":raised_hand: *cluster* 3 wait for approval (eu-0, eu-1 and eu-2): [decide in the thread]",
    ]);
    const done = run([fleet(7, [act("patch")]), act("after")], []);
    for (let index = 0; index < 7; index += 1) done.succeed(`[eu-${index}]/patch`);
    expect(lines(done)).toEqual([":white_check_mark: *cluster* all 7 done", ":arrow_forward: `after` running"]);
  });

  it("folds another command to one line, and opens one that works in environments", () => {
    const spec = run([
      command("prepare", [act("fetch"), act("build"), act("push")]),
      command("deploy", [act("check"), environments([act("sync", { with: APP })])]),
    ]);
    expect(lines(spec)[0]).toBe(":arrow_forward: *prepare* `fetch` running");
    spec.succeed("/fetch");
    spec.succeed("/build");
    spec.succeed("/push");
    spec.succeed("/check");
    expect(lines(spec)).toEqual([
      ":white_check_mark: *prepare* 3 steps done",
      ":white_check_mark: `check` succeeded",
      ":arrow_forward: *[staging]* `sync` running",
      ":white_circle: *[prod]* comes later",
    ]);
    expect(words(spec)).toContain("prepare 3 steps done, check succeeded");
  });

  it("names together what is under way in one environment", () => {
    const beside: PlanNode = { type: "parallel", key: "parallel", branches: [act("scan"), act("probe"), act("soak")] };
    const spec = run([environments([beside])]);
    expect(lines(spec)[0]).toBe(":arrow_forward: *[staging]* `scan`, `probe` and `soak` running");
    spec.postpone("/probe", 1000);
    expect(lines(spec)[0]).toBe(
      ":arrow_forward: *[staging]* `scan` and `soak` running; `probe` waits, and goes on by itself",
    );
  });

  it("shows the steps of branches that work in environments there alone", () => {
    const sync = (name: string): PlanNode => act(`sync-${name}`, { with: { app: `main/argocd/checkout-${name}` } });
    const spec = run([{ type: "parallel", key: "parallel", branches: [sync("staging"), sync("prod")] }]);
    expect(lines(spec)).toEqual([
      ":arrow_forward: *[staging]* `sync-staging` running",
      ":arrow_forward: *[prod]* `sync-prod` running",
    ]);
    const mixed = run([{ type: "parallel", key: "parallel", branches: [sync("prod"), act("scan")] }]);
    expect(lines(mixed)).toEqual([
      ":arrow_forward: *[prod]* `sync-prod` running",
      ":arrow_forward: *side by side* 0 of 2 done, sync-prod and scan running",
      ":white_circle: *[staging]* comes later",
    ]);
  });

  it("leaves out an environment in which there was nothing to be done", () => {
    const nowhere = { ...environments([act("sync")]), items: "[]" };
    const spec = run([act("report"), nowhere], ["prod"]);
    expect(lines(spec)).toEqual([":arrow_forward: `report` running", ":white_circle: *[prod]* comes later"]);
    spec.succeed("/report");
    expect(lines(spec)).toEqual([":white_check_mark: `report` succeeded"]);
  });

  it("says what is done after a failure, and at the end in any case", () => {
    const more = { onFailure: [act("undo"), step("tell", "slack/alert")], finally: [act("clean")] };
    const spec = run([act("build")], [], more);
    spec.fail("/build", { code: "x" });
    spec.succeed("/undo");
    spec.succeed("/tell");
    expect(lines(spec)).toEqual([
      ":x: `build` failed",
      "after the failure: :white_check_mark: `undo` succeeded",
      "at the end: :arrow_forward: `clean` running",
    ]);
  });

  it("keeps twelve lines: what failed and what is under way before what is done, which is counted", () => {
    const many = Array.from({ length: 30 }, (_, index) => act(`s${index}`));
    const spec = run(many, []);
    for (let index = 0; index < 29; index += 1) spec.succeed(`/s${index}`);
    spec.fail("/s29", { code: "x" });
    expect(lines(spec)).toHaveLength(12);
    expect(lines(spec).slice(-2)).toEqual([":x: `s29` failed", "+ 19 more: 19 done"]);
    expect(words(spec)).toContain("s29 failed, 19 more");
  });
});
