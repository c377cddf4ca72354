import { describe, expect, it } from "vitest";

import type { ParallelNode, PlanNode } from "../../../src/domain/plan.ts";
import { runBlocks } from "../../../src/domain/run-blocks.ts";
import { runPhase, runView } from "../../../src/domain/run-view.ts";
import { promotePlan, RunSpec, SHA, step } from "../../support/run-spec.ts";

const note = (key: string, more: object = {}): PlanNode => step(key, "slack/alert", more);

function group(key: string, steps: readonly PlanNode[], condition?: string): PlanNode {
  return { type: "group", key, steps, ...(condition !== undefined && { if: condition }) };
}

function parallel(branches: readonly PlanNode[], more: Partial<ParallelNode> = {}): ParallelNode {
  return { type: "parallel", key: "parallel", branches, ...more };
}

function forEach(items: string, steps: readonly PlanNode[], more: object = {}): PlanNode {
  return { type: "for-each", key: "for-each", items, as: "cluster", steps, ...more };
}

function run(steps: readonly PlanNode[], taken: readonly string[] = []): RunSpec {
  const environments = [{ name: "staging" }, { name: "prod" }];
  return new RunSpec(environments, promotePlan({ steps: [...steps], onFailure: [] }), taken);
}

function parts(spec: RunSpec): readonly string[][] {
  return runBlocks(spec.state).map((block) => block.parts.map(({ key, status }) => `${key} ${status}`));
}

describe("the blocks of a run", () => {
  it("count how the iterations of a loop stand", () => {
    const spec = run([
      forEach("['a', 'b', 'c', 'd', 'e']", [note("say"), note("more")], { atATime: 3, failFast: false }),
    ]);
    spec.fail("[a]/say", { code: "x" });
    spec.succeed("[b]/say");
    spec.succeed("[b]/more");
    expect(runBlocks(spec.state)).toEqual([
      {
        path: "promote/for-each",
        kind: "for-each",
        label: "cluster",
        parts: [
          { key: "a", status: "failed" },
          { key: "b", status: "succeeded" },
          { key: "c", status: "running" },
          { key: "d", status: "running" },
          { key: "e", status: "running" },
        ],
        counts: { failed: 1, succeeded: 1, running: 3 },
      },
    ]);
  });

  it("say what each branch waits for, and which came to rest before it was through", () => {
    const spec = run(
      [
        parallel([
          note("scan"),
          group("short", [note("one"), note("never")]),
          step("gate", "approval"),
          { type: "lock", key: "lock", keys: "taken", whenLocked: "queue", steps: [note("waits")] },
          note("left", { if: "false" }),
          group("off", [note("no")], "false"),
        ]),
      ],
      ["taken"],
    );
    expect(parts(spec)).toEqual([
      ["scan running", "short running", "gate gate", "lock queued", "left skipped", "off waiting"],
    ]);
    spec.fail("/scan", { code: "x" });
    spec.succeed("/one");
    expect(parts(spec)).toEqual([
      ["scan failed", "short cancelled", "gate cancelled", "lock waiting", "left skipped", "off waiting"],
    ]);
  });

  it("are the outermost ones, also in locks, groups and other commands", () => {
    const inner = parallel([parallel([note("a"), note("b")]), note("c")]);
    const lock: PlanNode = { type: "lock", key: "lock", keys: "k", whenLocked: "queue", steps: [inner] };
    const spec = run([
      { type: "command", key: "deploy", command: "deploy", inputs: {}, outputs: {}, steps: [group("group", [lock])] },
      parallel([note("later"), note("last")]),
    ]);
    spec.succeed("/a");
    spec.succeed("/c");
    expect(parts(spec)).toEqual([["parallel running", "c succeeded"]]);
    spec.succeed("/b");
    expect(parts(spec)[0]).toEqual(["parallel succeeded", "c succeeded"]);
  });

  it("are through when what is last in them was done or was not to be done", () => {
    const branch = (key: string, last: PlanNode): PlanNode => group(key, [note(`${key}1`), last]);
    const spec = run([
      parallel([
        branch("a", group("off", [note("no")], "false")),
        branch("b", forEach("['x']", [note("b2")])),
        branch("c", parallel([note("c2"), note("c3")])),
        branch("d", { type: "command", key: "sub", command: "c", inputs: {}, outputs: {}, steps: [note("d2")] }),
        branch("e", forEach("[]", [note("e2")], { key: "for-each-2" })),
        branch("f", group("on", [note("f2"), note("f3")], "true")),
        note("z"),
      ]),
    ]);
    for (const key of ["a1", "b1", "c1", "d1", "e1", "f1", "b2", "c2", "d2", "f2"]) spec.succeed(`/${key}`);
    expect(parts(spec)).toEqual([
      ["a succeeded", "b succeeded", "c running", "d succeeded", "e succeeded", "f running", "z running"],
    ]);
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    for (const key of ["c3", "f3", "z"]) spec.fail(`/${key}`, { code: "cancelled" });
    expect(parts(spec)).toEqual([
      ["a succeeded", "b succeeded", "c cancelled", "d succeeded", "e succeeded", "f cancelled", "z cancelled"],
    ]);
  });

  it("are not there where environments are gone through, but for what stands in them", () => {
    const spec = run([forEach("['staging', 'prod']", [parallel([note("a"), note("b")])])]);
    expect(runBlocks(spec.state).map(({ path }) => path)).toEqual(["promote/for-each[staging]/parallel"]);
    expect(runBlocks(run([forEach("['staging', 'prod']", [note("a")])]).state)).toEqual([]);
    const view = runView({ state: run([note("a")]).state, progress: new Map(), queue: [] });
    expect(view.blocks).toBeUndefined();
  });

  it("fail where a branch could not begin", () => {
    const spec = run([parallel([note("a"), note("bad", { with: { text: "${{ nothing }}" } })])]);
    expect(parts(spec)).toEqual([["a running", "bad failed"]]);
  });
});

describe("stages side by side", () => {
  const IN = { app: "${{ 'main/argocd/checkout-' + cluster }}", revision: SHA };

  it("are each what they are, whichever ends first", () => {
    const spec = run([forEach("['staging', 'prod']", [step("sync", "argocd/sync", { with: IN })], { atATime: 2 })]);
    const stages = (): string[] =>
      runView({ state: spec.state, progress: new Map(), queue: [] }).stages.map(({ status }) => status);
    expect(stages()).toEqual(["running", "running"]);
    spec.at += 5;
    spec.succeed("[prod]/sync");
    expect(stages()).toEqual(["running", "succeeded"]);
    const { stages: seen } = runView({ state: spec.state, progress: new Map(), queue: [] });
    expect(seen.map(({ endedAt }) => endedAt)).toEqual([undefined, spec.at]);
  });

  it("wait for approval when a gate does that stands in no environment", () => {
    const spec = run([parallel([step("gate", "approval"), note("a")])]);
    expect(runPhase(runView({ state: spec.state, progress: new Map(), queue: [] }))).toBe("gate");
  });
});
