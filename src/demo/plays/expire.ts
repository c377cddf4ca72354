import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, posted } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { hasButton } from "../story.ts";

/** Nobody answers: the request expires, which stops the run and never lets it through. */
export const expire: Play = {
  name: "expire",
  summary: "nobody decides in time",
  settings: { expires: "6s" },

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/checkout/u);
    const gate = await story.reply(card, /checkout/u, "gate_approve");
    await story.ended(card);
    await story.pressStale(PRIYA, gate, "gate_approve");
    await story.told(PRIYA, /in time|expired/iu);
  },

  check(left) {
    const [run] = left.runs;
    return [
      finding("Argo CD: checkout-prod was not touched", applicationOf(left, "checkout-prod").deployments === 1),
      finding("Log: the run failed because nobody decided", run?.failure?.failure.code === "gate.expired"),
      finding("Log: nobody decided", doers(left, "gate.decided").length === 0),
      finding("Log: the click that came too late is there", doers(left, "gate.refused").includes(PRIYA)),
      finding("Log: prod was never synced", countSteps(left, "step.started", "[prod]/sync") === 0),
      finding(
        "Slack: the request has no buttons any more",
        !posted(left).some((message) => hasButton(message, "gate_approve")),
      ),
    ];
  },
};
