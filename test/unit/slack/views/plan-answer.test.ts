import { describe, expect, it } from "vitest";

import type { PlanAnswer, PlannedStage } from "../../../../src/engine/question-answers.ts";
import { renderPlan } from "../../../../src/slack/views/plan-answer.ts";
import { LIVE, RULE, SHA } from "../sample-run.ts";

function stage(index: number, more: Partial<PlannedStage> = {}): PlannedStage {
  const environment = `edge-${index}`;
  return {
    environment,
    app: `main/argocd/relay-${environment}`,
    fromRevision: LIVE,
    steps: [],
    locks: [],
    warnings: [],
    ...more,
  };
}

function plan(stages: readonly PlannedStage[]): PlanAnswer {
  const revision = { sha: SHA, short: "abc1230", subject: "relay: 3.2.0", author: "Ana", authoredAt: 5 };
  return { kind: "plan", title: "Roll out relay", revision, stages, obstacles: [] };
}

function text(stages: readonly PlannedStage[]): string {
  return JSON.stringify(renderPlan(plan(stages)).blocks);
}

const TEN = Array.from({ length: 10 }, (_, index) => stage(index + 1));

describe("what a command would do in many environments", () => {
  it("is said once for those that follow one another and are alike", () => {
    const [first = stage(1), ...others] = TEN;
    const shown = text([{ ...first, approval: RULE }, ...others]);
    expect(shown).toContain("*1. edge-1* `1a2b3c4` → `abc1230`");
    expect(shown).toContain(
      "*2. to 10. edge-2, edge-3, edge-4, edge-5, edge-6, edge-7, edge-8, edge-9 and edge-10* `1a2b3c4` → `abc1230`",
    );
  });

  it("is apart where something is in the way in one of them", () => {
    const shown = text(TEN.map((each, index) => (index === 4 ? { ...each, warnings: ["it is Degraded"] } : each)));
    expect(shown).toContain("*1. to 4. edge-1, edge-2, edge-3 and edge-4*");
    expect(shown).toContain("*5. edge-5*");
    expect(shown).toContain("it is Degraded");
    expect(shown).toContain("*6. to 10. ");
  });

  it("is counted where there is no room, and never left out without a word", () => {
    const shown = text(TEN.map((each, index) => ({ ...each, fromRevision: `${index}`.repeat(40) })));
    expect(shown).toContain("*8. edge-8*");
    expect(shown).toContain("and 2 more environments");
  });

  it("is short in a notification", () => {
    expect(renderPlan(plan(TEN)).text).toContain("would go to edge-1, then edge-2, then edge-3, then 7 more.");
    expect(renderPlan(plan(TEN.slice(0, 2))).text).toContain("would go to edge-1, then edge-2.");
  });
});
