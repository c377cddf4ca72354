import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/platform/canonical-json.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import type { LockNode, ParallelNode, PlanNode } from "../../../src/domain/plan.ts";
import { isUnderWay } from "../../../src/domain/run-state.ts";
import { promotePlan, RunSpec, step, types } from "../../support/run-spec.ts";

function run(steps: readonly PlanNode[], taken: readonly string[] = []): RunSpec {
  return new RunSpec([{ name: "staging" }], promotePlan({ steps: [...steps], onFailure: [] }), taken);
}

function note(key: string, text = ""): PlanNode {
  return step(key, "slack/alert", { with: { text } });
}

function parallel(branches: readonly PlanNode[], more: Partial<ParallelNode> = {}): ParallelNode {
  return { type: "parallel", key: "parallel", branches, ...more };
}

function group(key: string, steps: readonly PlanNode[]): PlanNode {
  return { type: "group", key, steps };
}

function lock(key: string, keys: string, steps: readonly PlanNode[]): LockNode {
  return { type: "lock", key, keys, whenLocked: "queue", steps };
}

function forEach(
  items: string,
  steps: readonly PlanNode[],
  more: { atATime?: Json; failFast?: boolean } = {},
): PlanNode {
  return { type: "for-each", key: "for-each", items, as: "item", steps, ...more };
}

/** The ids of the steps that are under way. */
function underWay(spec: RunSpec): string[] {
  return [...spec.state.steps.values()].filter(isUnderWay).map(({ path }) => path.slice("promote/".length));
}

describe("branches", () => {
  it("begin together, under paths of their own, and what follows begins when all have ended", () => {
    const spec = run([parallel([note("scan"), group("group", [note("sign"), note("say")])]), note("after")]);
    expect(underWay(spec)).toEqual(["parallel/scan", "parallel/sign"]);
    spec.succeed("/sign");
    expect(underWay(spec)).toEqual(["parallel/scan", "parallel/say"]);
    spec.succeed("/say");
    expect(underWay(spec)).toEqual(["parallel/scan"]);
    spec.succeed("/scan");
    expect(underWay(spec)).toEqual(["after"]);
    spec.succeed("/after");
    expect(spec.state.status).toBe("succeeded");
  });

  it("are not there when the condition is false", () => {
    expect(run([parallel([note("scan")], { if: "false" })]).state.status).toBe("succeeded");
  });

  it("do not see one another's outputs, which can be read after them", () => {
    const spec = run([
      note("before"),
      parallel([
        note("scan"),
        group("group", [note("sign"), note("peek", "${{ has(steps.scan) ? 'seen' : steps.before.outputs.found }}")]),
      ]),
      note("after", "${{ steps.scan.outputs.found + steps.sign.outputs.found }}"),
    ]);
    spec.succeed("/before", { found: "b" });
    spec.succeed("/scan", { found: "1" });
    spec.succeed("/sign", { found: "2" });
    expect(spec.step("/peek").input).toEqual({ text: "b" });
    spec.succeed("/peek");
    expect(spec.step("/after").input).toEqual({ text: "12" });
  });

  it("may stand in one another", () => {
    const spec = run([
      parallel([note("a"), parallel([note("b"), note("c")])]),
      note("after", "${{ steps.a.outputs.x + steps.c.outputs.x }}"),
    ]);
    expect(underWay(spec)).toEqual(["parallel/a", "parallel/parallel/b", "parallel/parallel/c"]);
    spec.succeed("/c", { x: "c" });
    spec.succeed("/b");
    spec.succeed("/a", { x: "a" });
    expect(spec.step("/after").input).toEqual({ text: "ac" });
  });
});

describe("when a branch has failed", () => {
  it("nothing new begins in the others, what is under way is awaited with its tries, and then the block has failed", () => {
    const retry = { attempts: 3, delayMs: 1000, factor: 1, maxDelayMs: 1000 };
    const spec = run([
      parallel([note("scan"), group("group", [step("sign", "slack/alert", { retry }), note("never")]), note("probe")]),
      note("after"),
    ]);
    expect(types(spec.fail("/scan", { code: "scan.found", message: "Three are bad" }))).toEqual([
      "step.failed",
      "branch.failed",
    ]);
    spec.fail("/sign", { code: "net", retry: "backoff" });
    expect(underWay(spec)).toEqual(["parallel/sign", "parallel/probe"]);
    spec.at += 1000;
    spec.when({ type: "wake" });
    expect(spec.step("/sign")).toMatchObject({ status: "running", attempt: 2 });
    spec.succeed("/sign");
    expect(underWay(spec)).toEqual(["parallel/probe"]);
    spec.fail("/probe", { code: "probe.slow" });
    expect(spec.state).toMatchObject({
      status: "failed",
      failure: {
        path: "promote/parallel/scan",
        failure: { code: "scan.found", message: "Three are bad. 2 of 3 failed: scan, probe." },
      },
    });
    expect(spec.state.steps.has("promote/parallel/never")).toBe(false);
  });

  it("gates in the others are ended, locks that are waited for are given up, and held ones given back at rest", () => {
    const spec = run(
      [
        parallel([
          note("scan"),
          group("group", [step("gate", "approval"), note("never")]),
          lock("lock", "taken", [note("never2")]),
          lock("lock-2", "free", [note("long"), note("never3")]),
        ]),
      ],
      ["taken"],
    );
    spec.open("/gate");
    expect(types(spec.fail("/scan", { code: "x" }))).toEqual([
      "step.failed",
      "branch.failed",
      "step.cancelled",
      "lock.released",
    ]);
    expect(spec.step("/gate")).toMatchObject({ status: "cancelled" });
    expect(spec.state.locks.get("promote/parallel/lock")?.status).toBe("withdrawn");
    expect(spec.state.locks.get("promote/parallel/lock-2")?.status).toBe("held");
    expect(spec.succeed("/long")).toMatchObject([
      { type: "step.succeeded" },
      { type: "lock.released", keys: ["free"], cutShort: true },
      { type: "run.failed", path: "promote/parallel/scan" },
      { type: "run.finished", status: "failed" },
    ]);
  });

  it("with fail-fast off the others go on to their ends, and the first failure is the block's", () => {
    const spec = run([parallel([group("group", [note("scan"), note("more")]), note("probe")], { failFast: false })]);
    spec.fail("/probe", { code: "first" });
    spec.succeed("/scan");
    expect(underWay(spec)).toEqual(["parallel/more"]);
    spec.fail("/more", { code: "second" });
    expect(spec.state.failure).toMatchObject({
      path: "promote/parallel/probe",
      failure: { code: "first", message: "first. 2 of 2 failed: group, probe." },
    });
  });

  it("one that goes on inside of one that does not: nothing new begins before the inner one has failed", () => {
    const inner = parallel([note("a"), group("group", [note("b"), note("c")])], { failFast: false });
    const spec = run([parallel([inner, group("group-2", [note("d"), note("e"), note("f")])])]);
    spec.fail("/a", { code: "x" });
    spec.succeed("/d");
    spec.succeed("/b");
    expect(underWay(spec)).toEqual(["parallel/e", "parallel/parallel/c"]);
    spec.succeed("/c");
    spec.succeed("/e");
    expect(spec.state.status).toBe("failed");
    expect(spec.state.steps.has("promote/parallel/f")).toBe(false);
  });

  it("an expression that fails is no other one later, and what came before it in the same turn comes to rest", () => {
    const spec = run([
      parallel([step("gate", "approval"), note("probe"), note("say", "${{ nothing }}"), note("never")]),
    ]);
    expect(types(spec.events)).toEqual([
      "run.started",
      "step.started",
      "step.started",
      "branch.failed",
      "step.cancelled",
    ]);
    spec.succeed("/probe");
    expect(spec.state.failure).toMatchObject({
      path: "promote/parallel/say",
      failure: { code: "expression.failed" },
    });
  });

  it("a lock that was refused to a branch is not asked for again while the others come to rest", () => {
    const refusing: LockNode = { ...lock("lock", "k", [note("never")]), whenLocked: "refuse" };
    const spec = run([parallel([note("scan"), refusing])], ["k"]);
    spec.taken.clear();
    spec.succeed("/scan");
    expect(spec.state.failure).toMatchObject({ path: "promote/parallel/lock", failure: { code: "lock.taken" } });
  });
});

describe("locks of branches", () => {
  it("are had one after the other where they are the same", () => {
    const spec = run([parallel([lock("lock", "k", [note("a")]), lock("lock-2", "k", [note("b")])])]);
    expect(underWay(spec)).toEqual(["parallel/a"]);
    expect(spec.state.locks.get("promote/parallel/lock-2")?.status).toBe("requested");
    spec.succeed("/a");
    spec.when({ type: "locks-granted", path: "promote/parallel/lock-2" });
    expect(underWay(spec)).toEqual(["parallel/b"]);
    spec.succeed("/b");
    expect(spec.state.status).toBe("succeeded");
  });

  it("that would wait for each other are refused to the one that asks last", () => {
    const spec = run([
      parallel([
        lock("lock", "a", [note("x"), lock("lock-2", "b", [note("x2")])]),
        lock("lock-3", "b", [note("y"), lock("lock-4", "a", [note("y2")])]),
      ]),
    ]);
    spec.succeed("/x");
    spec.succeed("/y");
    expect(spec.state.failure).toMatchObject({ path: "promote/parallel/lock-4", failure: { code: "lock.cycle" } });
    expect(spec.state.failure?.failure.message).toContain("Another branch of this run holds a");
  });
});

describe("a window", () => {
  it("begins the next iteration as soon as one has ended, in order", () => {
    const spec = run([forEach("['a', 'b', 'c', 'd']", [note("say"), note("more")], { atATime: 2 })]);
    const items = (): string[] => underWay(spec).map((path) => path.slice("for-each".length));
    expect(items()).toEqual(["[a]/say", "[b]/say"]);
    spec.succeed("[b]/say");
    expect(items()).toEqual(["[a]/say", "[b]/more"]);
    spec.succeed("[b]/more");
    expect(items()).toEqual(["[a]/say", "[c]/say"]);
    for (const path of ["[c]/say", "[c]/more", "[a]/say", "[d]/say", "[d]/more", "[a]/more"]) spec.succeed(path);
    expect(spec.state.status).toBe("succeeded");
  });

  it.each([
    [3, 3],
    ["20%", 2],
    ["1%", 1],
    ["100%", 10],
    ["${{ 1 + 1 }}", 2],
    ["${{ '30%' }}", 3],
    ["4", 4],
  ])("of %j lets so many of ten begin", (atATime, count) => {
    const spec = run([forEach("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", [note("say")], { atATime })]);
    expect(spec.events.find(({ type }) => type === "for-each.entered")).toMatchObject({ atATime: count });
    expect(nextWork(spec.state)).toHaveLength(count);
  });

  it.each([0, -1, 1.5, "none", "${{ true }}", "${{ [] }}"])("of %j fails, and says what it has to be", (atATime) => {
    const { failure } = run([forEach("['a']", [note("say")], { atATime })]).state;
    expect(failure?.failure).toMatchObject({
      code: "for-each.at-a-time",
      message: expect.stringContaining('a whole number from 1 on, or a share such as "20%"'),
    });
  });

  it("of one leaves no word of it, and of nothing is over at once", () => {
    const entered = (spec: RunSpec): unknown => spec.events.find(({ type }) => type === "for-each.entered");
    expect(entered(run([forEach("['a']", [note("say")])]))).not.toHaveProperty("atATime");
    expect(run([forEach("[]", [note("say")], { atATime: "20%" })]).state.status).toBe("succeeded");
  });

  it("begins no iteration more when one has failed, and names those that did", () => {
    const items = "['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']";
    const spec = run([forEach(items, [note("say")], { atATime: 7 })]);
    for (const item of ["b", "a", "c", "d", "e", "f"])
      spec.fail(`[${item}]/say`, { code: item, message: `no ${item}!` });
    spec.succeed("[g]/say");
    expect(spec.state.failure).toMatchObject({
      path: "promote/for-each[b]/say",
      failure: { code: "b", message: "no b! 6 of 8 failed: a, b, c, d, e and 1 more." },
    });
    expect(spec.state.steps.has("promote/for-each[h]/say")).toBe(false);
  });

  it("goes through all of them with fail-fast off, also one after the other", () => {
    const spec = run([forEach("['a', 'b', 'c']", [note("say")], { failFast: false })]);
    spec.fail("[a]/say", { code: "x" });
    spec.succeed("[b]/say");
    spec.fail("[c]/say", { code: "y" });
    expect(spec.state.failure).toMatchObject({
      path: "promote/for-each[a]/say",
      failure: { code: "x", message: "x. 2 of 3 failed: a, c." },
    });
  });
});

describe("the time limit of the command", () => {
  it("ends all branches, and gives back every lock", () => {
    const plan = promotePlan({
      timeoutMs: 60_000,
      onFailure: [],
      steps: [
        lock("lock", "around", [
          parallel([note("a"), lock("lock-2", "k", [note("b")]), lock("lock-3", "taken", [note("c")])]),
        ]),
      ],
    });
    const spec = new RunSpec([{ name: "staging" }], plan, ["taken"]);
    spec.at += 60_000;
    expect(types(spec.when({ type: "wake" }))).toEqual([
      "step.failed",
      "step.failed",
      "lock.released",
      "lock.released",
      "lock.released",
      "run.failed",
      "run.finished",
    ]);
    expect(spec.state.failure).toMatchObject({ path: "promote/parallel/a", failure: { code: "run.timeout" } });
  });
});
