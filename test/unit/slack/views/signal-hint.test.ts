import { describe, expect, it } from "vitest";

import type { StepNode } from "../../../../src/domain/plan.ts";
import { runView } from "../../../../src/domain/run-view.ts";
import type { Json } from "../../../../src/platform/canonical-json.ts";
import { chainLines, chainWords } from "../../../../src/slack/views/chain-lines.ts";
import { renderStepMessage } from "../../../../src/slack/views/step-message.ts";
import { promotePlan, RunSpec, step } from "../../../support/run-spec.ts";
import { lookups } from "../sample-run.ts";

function waitFor(more: Record<string, Json> = {}): StepNode {
  return step("tests", "signal", { sort: "wait", awaits: "signal", with: { name: "tests-done", ...more } });
}

function run(node: StepNode): RunSpec {
  return new RunSpec([{ name: "staging" }], promotePlan({ steps: [node], onFailure: [] }));
}

function view(spec: RunSpec): ReturnType<typeof runView> {
  return runView({ state: spec.state, progress: new Map(), queue: [] });
}

function message(spec: RunSpec): string {
  const [shown] = view(spec).otherSteps;
  if (shown === undefined) throw new Error("there is no step");
  return JSON.stringify(renderStepMessage(shown, lookups).blocks);
}

const FROM = [{ user: "U1ANA" }, { group: "S1", handle: "testers" }, { group: "S2" }];
const PAYLOAD = { passed: { type: "boolean", summary: "all green" }, note: { type: "text", optional: true } };

describe("a run that waits for a signal", () => {
  it("says on its card what has to be typed", () => {
    const spec = run(waitFor({ payload: PAYLOAD }));
    const { shortId } = view(spec);
    expect(chainLines(view(spec), lookups)).toEqual([
      `:arrow_forward: \`tests\` waits for the signal tests-done: \`/qd signal ${shortId} tests-done passed=…\``,
    ]);
    expect(chainWords(view(spec))).toBe("tests waits for the signal tests-done");
  });

  it("says in its thread what comes with it, and who may send it", () => {
    const text = message(run(waitFor({ payload: PAYLOAD, from: FROM, prompt: "Run the tests" })));
    expect(text).toContain("Run the tests");
    expect(text).toContain("• `passed`: true or false, all green");
    expect(text).toContain("• `note`: a text of at most 500 characters, may be left out");
    expect(text).toContain("From <@U1ANA>, @testers, a group");
    expect(message(run(waitFor({ verb: "tell" })))).toContain("From whoever is granted `tell`");
  });

  it("says what came, and from whom", () => {
    const spec = run(waitFor({ payload: PAYLOAD }));
    spec.when({ type: "signal", actor: "p_ana", name: "tests-done", payload: { passed: true, note: "<x>" } });
    const text = message(spec);
    expect(text).toContain("`passed` true");
    expect(text).toContain("`note` &lt;x&gt;");
    expect(text).toContain("sent by <@");
  });

  it("says it in the line of an environment, too", () => {
    const spec = run(waitFor());
    const node = { ...waitFor(), with: { name: "tests-done", app: "main/argocd/checkout-staging" } };
    const placed = run(node);
    expect(chainLines(view(placed), lookups)[0]).toContain("waits for the signal tests-done: `/qd signal");
    expect(spec.state.status).toBe("running");
  });
});
