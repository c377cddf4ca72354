import { describe, expect, it } from "vitest";

import type { PlanNode } from "../../../../src/domain/plan.ts";
import { runView, type QueueView } from "../../../../src/domain/run-view.ts";
import type { MessageContent } from "../../../../src/slack/blocks.ts";
import { renderGateMessage } from "../../../../src/slack/views/gate-message.ts";
import { renderRunCard } from "../../../../src/slack/views/run-card.ts";
import { promotePlan, RunSpec, step } from "../../../support/run-spec.ts";
import { lookups } from "../sample-run.ts";

const LOCKED: PlanNode = {
  type: "lock",
  key: "lock",
  keys: "${{ 'cluster/eu-1' }}",
  whenLocked: "queue",
  steps: [step("plan", "program/run"), step("gate", "approval"), step("work", "program/run")],
};

function run(taken: readonly string[] = []): RunSpec {
  return new RunSpec([], promotePlan({ steps: [LOCKED], onFailure: [] }), taken);
}

const viewOf = (spec: RunSpec, queue: readonly QueueView[] = []) =>
  runView({ state: spec.state, progress: new Map(), queue });

function texts(content: MessageContent): string {
  return JSON.stringify(content.blocks).replaceAll(/<!date\^\d+\^([^|]*)\|[^>]*>/gu, "$1");
}

const NOWHERE = { service: "", environment: "", app: "", toRevision: "", fromRevision: "", planFileDigest: "p" };

describe("the card of a run without environments", () => {
  it("says what it waits for before anything of it was reached", () => {
    const queue = [{ path: "promote/lock", keys: ["cluster/eu-1"], position: 1, behind: "run_7FQ2" }];
    const card = renderRunCard(viewOf(run(["cluster/eu-1"]), queue), lookups);
    expect(texts(card)).toContain("queued: position 1 for `cluster/eu-1`, behind `run_7FQ2`");
  });

  it("follows its steps: who has to decide, until when, and who has decided", () => {
    const spec = run();
    spec.succeed("plan");
    spec.open("gate", NOWHERE);
    expect(texts(renderRunCard(viewOf(spec), lookups))).toMatch(
      /:white_check_mark: `plan` succeeded\\n:raised_hand: `gate` waits for approval until [^"]*decide in the thread/u,
    );
    spec.decide("gate");
    const card = texts(renderRunCard(viewOf(spec), lookups));
    expect(card).toMatch(/:white_check_mark: `gate` succeeded, approved by [^"]*\\n:arrow_forward: `work` running/iu);
    expect(card).not.toContain("Argo CD");
  });
});

describe("the request for an approval in a run without environments", () => {
  it("names the run in place of a place, and leaves out what there is not", () => {
    const spec = run();
    spec.succeed("plan");
    spec.open("gate", NOWHERE);
    const view = viewOf(spec);
    const shown = view.otherSteps.find(({ name }) => name === "gate");
    const gate = shown?.step.gate;
    if (shown === undefined || gate === undefined) throw new Error("there is no gate");
    const content = renderGateMessage({ run: view, step: shown, gate, mention: true }, lookups);
    expect(content.text).toContain(`approval needed for ${view.state.title} (run`);
    expect(texts(content)).not.toMatch(/``| in \*?\s|for \s/u);
    expect(texts(content)).toContain("Approve the plan");
    const inProd = renderGateMessage(
      { run: view, step: shown, gate: { ...gate, subject: { ...gate.subject, environment: "prod" } }, mention: true },
      lookups,
    );
    expect(inProd.text).toContain("approval needed for prod (run");
    expect(texts(inProd)).toContain("Approve the plan for prod");
  });
});
