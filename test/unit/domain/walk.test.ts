import { describe, expect, it } from "vitest";

import { nextWork } from "../../../src/domain/next-work.ts";
import type { PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, RunSpec, step, types } from "../../support/run-spec.ts";

function run(steps: readonly PlanNode[], onFailure: readonly PlanNode[] = [], taken: readonly string[] = []): RunSpec {
  return new RunSpec([{ name: "staging" }], promotePlan({ steps: [...steps], onFailure: [...onFailure] }), taken);
}

function forEach(items: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "for-each", key: "for-each", items, as: "item", steps };
}

function note(key: string, text = ""): PlanNode {
  return step(key, "slack/alert", { with: { text } });
}

/** Ends whatever is under way until nothing is, and tells the inputs that the steps were given. */
function playOut(spec: RunSpec): unknown[] {
  const seen: unknown[] = [];
  for (let [work] = nextWork(spec.state); work !== undefined; [work] = nextWork(spec.state)) {
    seen.push(work.input["text"]);
    spec.succeed(work.effect.path);
  }
  return seen;
}

describe("a loop", () => {
  it("runs its steps for every item, equal ones included", () => {
    const spec = run([forEach("['a', 'a', 'a#2', 'a']", [note("say", "${{ item }}")])]);
    expect(playOut(spec)).toEqual(["a", "a", "a#2", "a"]);
    expect(spec.state.status).toBe("succeeded");
  });

  it("tells items apart whose names differ only in what a path cannot hold", () => {
    const spec = run([forEach("['a/b', 'a_b', 'a[b']", [note("say", "${{ item }}")])]);
    expect(playOut(spec)).toEqual(["a/b", "a_b", "a[b"]);
    expect(new Set(spec.state.steps.keys()).size).toBe(3);
  });

  it("tells items without a name from numbers that are their places", () => {
    const spec = run([forEach("[1, {'x': 2}, 'x', {'name': 'x'}]", [note("say")])]);
    expect(playOut(spec)).toHaveLength(4);
  });

  it("is over at once when there is nothing to go through, or when its condition is false", () => {
    const skipped: PlanNode = {
      type: "for-each",
      key: "for-each",
      items: "['a']",
      as: "item",
      if: "false",
      steps: [note("say")],
    };
    expect(run([forEach("[]", [note("say")])]).state.status).toBe("succeeded");
    expect(run([skipped]).state.status).toBe("succeeded");
  });

  it("keeps the items it was entered with", () => {
    const spec = run([forEach("['a', 'b']", [note("say")])]);
    expect(spec.events.find(({ type }) => type === "for-each.entered")).toMatchObject({
      items: [
        { key: "a", value: "a" },
        { key: "b", value: "b" },
      ],
    });
  });
});

describe("outputs", () => {
  it("of a step in a block can be read after the block", () => {
    const spec = run([
      { type: "group", key: "group", steps: [note("first")] },
      note("second", "${{ steps.first.outputs.found }}"),
    ]);
    spec.succeed("first", { found: "it" });
    expect(spec.step("second").input).toEqual({ text: "it" });
  });

  it("of a skipped step are not there, which ends the run where they are read without looking", () => {
    const spec = run([
      step("first", "slack/alert", { if: "false" }),
      note("second", "${{ steps.first.outputs.found }}"),
    ]);
    expect(spec.state.failure?.failure.code).toBe("expression.failed");
    const careful = run([
      step("first", "slack/alert", { if: "false" }),
      step("second", "slack/alert", { if: "has(steps.first)" }),
    ]);
    expect(careful.state.status).toBe("succeeded");
  });

  it("of one iteration are not seen by the next", () => {
    const spec = run([
      forEach("['a', 'b']", [note("say", "${{ has(steps.last) ? steps.last.outputs.found : 'none' }}"), note("last")]),
    ]);
    spec.succeed("say");
    spec.succeed("last", { found: "of a" });
    expect(spec.step("[b]/say").input).toEqual({ text: "none" });
  });
});

describe("a condition", () => {
  it("skips a step with its reason, and a block without a word", () => {
    const spec = run([
      step("first", "slack/alert", { if: "1 > 2" }),
      { type: "group", key: "group", if: "false", steps: [note("second")] },
    ]);
    expect(spec.step("first")).toMatchObject({ status: "skipped", note: 'condition "1 > 2" is false' });
    expect([...spec.state.steps.keys()]).toEqual(["promote/first"]);
  });

  it("that is neither true nor false ends the run and says which it was", () => {
    const failure = run([step("first", "slack/alert", { if: "'yes'" })]).state.failure;
    expect(failure).toMatchObject({ path: "promote/first", failure: { code: "expression.failed" } });
    expect(failure?.failure.message).toContain("`'yes'`");
  });

  it("of a lock that is false runs the steps without the lock", () => {
    const lock: PlanNode = {
      type: "lock",
      key: "lock",
      keys: "k",
      whenLocked: "queue",
      if: "false",
      steps: [note("say")],
    };
    const spec = run([lock], [], ["k"]);
    expect(types(spec.events)).not.toContain("lock.requested");
    expect(nextWork(spec.state)).toHaveLength(1);
  });
});

describe("a lock", () => {
  it("that is taken ends a run which does not wait", () => {
    const lock: PlanNode = { type: "lock", key: "lock", keys: "k", whenLocked: "refuse", steps: [note("say")] };
    expect(run([lock], [], ["k"]).state.failure?.failure.code).toBe("lock.taken");
  });

  it("takes several keys together, and gives all back when what is inside fails", () => {
    const lock: PlanNode = {
      type: "lock",
      key: "lock",
      keys: "${{ ['a', 'b'] }}",
      whenLocked: "queue",
      steps: [note("say")],
    };
    const spec = run([lock]);
    expect(spec.events.find(({ type }) => type === "lock.acquired")).toMatchObject({ keys: ["a", "b"] });
    expect(spec.fail("say", { code: "x" })).toMatchObject([
      {},
      { type: "lock.released", keys: ["a", "b"] },
      { type: "run.failed" },
      { type: "run.finished", status: "failed" },
    ]);
  });
});

describe("what is done about a failure", () => {
  it("knows what failed", () => {
    const spec = run([note("say")], [note("tell", "${{ failure.step }}: ${{ failure.code }}, ${{ failure.message }}")]);
    spec.fail("/say", { code: "x.y", message: "broken" });
    expect(spec.step("tell").input).toEqual({ text: "promote/say: x.y, broken" });
  });

  it("may fail itself: the run has failed all the same, for its first reason", () => {
    const spec = run([note("say")], [note("tell"), note("never")]);
    spec.fail("/say", { code: "first" });
    spec.fail("tell", { code: "second" });
    expect(spec.state).toMatchObject({ status: "failed", failure: { failure: { code: "first" } } });
    expect(spec.state.steps.has("promote/on-failure/never")).toBe(false);
  });

  it("ends the run when its own expressions fail", () => {
    const spec = run([note("say")], [note("tell", "${{ nothing }}")]);
    spec.fail("/say", { code: "first" });
    expect(spec.state.status).toBe("failed");
  });
});
