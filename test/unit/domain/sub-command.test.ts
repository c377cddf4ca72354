import { describe, expect, it } from "vitest";

import { isAfter, stepNode } from "../../../src/domain/plan-walk.ts";
import type { CommandNode, PlanNode } from "../../../src/domain/plan.ts";
import { promotePlan, RULE, RunSpec, SHA, step } from "../../support/run-spec.ts";

function note(key: string, text = ""): PlanNode {
  return step(key, "slack/alert", { with: { text } });
}

function command(key: string, steps: readonly PlanNode[], more: Partial<CommandNode> = {}): CommandNode {
  return { type: "command", key, command: "deploy", inputs: {}, outputs: {}, steps, ...more };
}

function run(steps: readonly PlanNode[], secrets: string[] = []): RunSpec {
  return new RunSpec([{ name: "staging" }], promotePlan({ steps: [...steps], onFailure: [], secrets }));
}

describe("a command as a step of another", () => {
  it("sees what it is given and its own steps, and gives its outputs to what follows", () => {
    const spec = run([
      note("first"),
      command("deploy", [note("first", "${{ what + run.id }}"), note("second", "${{ steps.first.outputs.found }}")], {
        inputs: { what: "${{ steps.first.outputs.found }}", fixed: 3 },
        outputs: { all: "${{ steps.second.outputs.found + string(fixed) }}" },
      }),
      note("after", "${{ steps.deploy.outputs.all }}"),
    ]);
    spec.succeed("promote/first", { found: "outer" });
    expect(spec.step("deploy/first").input).toEqual({ text: `outer${spec.state.id}` });
    spec.succeed("deploy/first", { found: "inner" });
    expect(spec.step("deploy/second").input).toEqual({ text: "inner" });
    spec.succeed("deploy/second", { found: "last" });
    expect(spec.step("/after").input).toEqual({ text: "last3" });
  });

  it.each([
    ["the inputs of the command around it", "${{ service.name }}"],
    ["the steps around it", "${{ steps.before.outputs.x }}"],
    ["the item of a loop around it", "${{ item }}"],
  ])("does not see %s", (_what, text) => {
    const inner = command("deploy", [note("say", text)]);
    const spec = run([
      note("before"),
      { type: "for-each", key: "for-each", items: "['a']", as: "item", steps: [inner] },
    ]);
    spec.succeed("/before", { x: "x" });
    expect(spec.state.failure).toMatchObject({
      path: "promote/for-each[a]/deploy/say",
      failure: { code: "expression.failed" },
    });
  });

  it("can have secrets passed on, and name them itself", () => {
    const inner = command("deploy", [note("say", "${{ token }}"), note("own", "${{ secrets.KEY }}")], {
      inputs: { token: "${{ secrets.TOKEN }}" },
    });
    const spec = run([inner], ["TOKEN", "KEY"]);
    expect(spec.step("/say").input).toEqual({ text: { secret: "TOKEN" } });
    spec.succeed("/say");
    expect(spec.step("/own").input).toEqual({ text: { secret: "KEY" } });
  });

  it("is left out without a word where its condition is false", () => {
    const spec = run([command("deploy", [note("say")], { if: "false" }), note("after", "${{ has(steps.deploy) }}")]);
    expect(spec.step("/after").input).toEqual({ text: false });
  });

  it("fails where its outputs cannot be told", () => {
    const spec = run([command("deploy", [note("say")], { outputs: { x: "${{ steps.say.outputs.x }}" } })]);
    spec.succeed("/say");
    expect(spec.state.failure).toMatchObject({ path: "promote/deploy", failure: { code: "expression.failed" } });
  });

  it("may be used twice at once, with steps of the same ids", () => {
    const retry = { attempts: 2, delayMs: 1000, factor: 1, maxDelayMs: 1000 };
    const spec = run([
      {
        type: "parallel",
        key: "parallel",
        failFast: false,
        branches: [command("one", [step("say", "slack/alert", { retry })]), command("two", [note("say")])],
      },
    ]);
    spec.fail("one/say", { code: "x", retry: "backoff" });
    expect(spec.step("one/say").status).toBe("retrying");
    spec.fail("two/say", { code: "x", retry: "backoff" });
    expect(spec.step("two/say").status).toBe("failed");
  });

  it("has the approval that was given before it, and what is after it is after its steps", () => {
    const target = { app: "main/argocd/checkout-prod", revision: SHA };
    const plan = promotePlan({
      onFailure: [],
      steps: [
        step("gate", "approval", { with: target }),
        command("deploy", [step("sync", "argocd/sync", { with: { app: "${{ app }}", revision: "${{ sha }}" } })], {
          inputs: { app: target.app, sha: SHA },
        }),
        note("after"),
      ],
    });
    const spec = new RunSpec([{ name: "prod", approval: RULE }], plan);
    spec.open("gate");
    spec.decide("gate");
    expect(spec.step("sync").approval?.gate).toBe("promote/gate");
    expect(stepNode(plan, "promote/deploy/sync")).toMatchObject({ uses: "argocd/sync" });
    expect(stepNode(plan, "promote/deploy")).toBeUndefined();
    expect(isAfter(plan, "promote/gate")("promote/deploy/sync")).toBe(true);
    expect(isAfter(plan, "promote/deploy/sync")("promote/after")).toBe(true);
    spec.fail("sync", { code: "approval.void", details: { changed: ["fromRevision"] } });
    expect(spec.step("gate")).toMatchObject({ status: "running", attempt: 2 });
    expect(spec.state.steps.has("promote/deploy/sync")).toBe(false);
  });
});
