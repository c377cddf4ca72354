import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { hasButton } from "../story.ts";

const REASON = "Not before the weekend";

/** Priya says no, and why: the run stops before prod, and everybody sees it. */
export const reject: Play = {
  name: "reject",
  summary: "the approver says no, and why",

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/checkout/u);
    const gate = await story.reply(card, /checkout/u, "gate_reject");
    await story.press(PRIYA, gate, "gate_reject");
    await story.submit(PRIYA, { text: REASON });
    await story.ended(card);
  },

  check(left) {
    const [run] = left.runs;
    const messages = posted(left);
    return [
      finding("Argo CD: checkout-prod was not touched", applicationOf(left, "checkout-prod").deployments === 1),
      finding("Log: the run failed because it was rejected", run?.failure?.failure.code === "gate.rejected"),
      finding("Log: Priya decided", same(doers(left, "gate.decided"), [PRIYA])),
      finding("Log: prod was never synced", countSteps(left, "step.started", "[prod]/sync") === 0),
      finding(
        "Slack: the reason is shown",
        messages.some(({ blocks }) => JSON.stringify(blocks).includes(REASON)),
      ),
      finding(
        "Slack: no request has buttons any more",
        !messages.some((message) => hasButton(message, "gate_approve")),
      ),
      finding("Slack: on-call was not called", !messages.some(({ text }) => text.includes("S0ONCALL01"))),
    ];
  },
};
