import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { runView } from "../../../../src/domain/run-view.ts";
import { SLACK_LIMITS } from "../../../../src/slack/slack-limits.ts";
import { runSlots } from "../../../../src/slack/run-slots.ts";
import { messageProblems } from "../../../../src/slack/validate-blocks.ts";
import { chainLines } from "../../../../src/slack/views/chain-lines.ts";
import { renderFailureAlert } from "../../../../src/slack/views/failure-alert.ts";
import { act, playStory } from "../../../support/run-acts.ts";
import { randomPlan } from "../../../support/random-plans.ts";
import { RULE } from "../../../support/run-spec.ts";
import { lookups } from "../sample-run.ts";

const settings = { channel: "C1", approvals: undefined, alerts: undefined };
const story = fc.record({
  plans: fc.array(randomPlan, { minLength: 1, maxLength: 2 }),
  acts: fc.array(act, { minLength: 5, maxLength: 40 }),
});

describe("whatever a plan holds, and whatever happens to its runs", () => {
  it("Slack takes every message about them, each once, and the card is readable", () => {
    fc.assert(
      fc.property(story, (told) => {
        const { runs } = playStory([{ name: "staging" }, { name: "prod", approval: RULE }], told);
        for (const state of runs) {
          const view = runView({ state, progress: new Map(), queue: [] });
          const shown = { view, isProgress: false, settings, lookups, strayed: undefined, home: "C1" };
          const wanted = runSlots({ ...shown, isLost: () => false });
          const names = wanted.map(({ slot }) => slot);
          expect(names).toEqual([...new Set(names)]);
          const alert = renderFailureAlert({ run: view, mention: undefined }, lookups);
          const contents = [...wanted.map(({ content }) => content), alert];
          expect(contents.flatMap((content) => messageProblems(content))).toEqual([]);
          expect(chainLines(view, lookups).length).toBeLessThanOrEqual(SLACK_LIMITS.cardLines);
        }
      }),
      { numRuns: 100 },
    );
  });
});
