import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers } from "../left-behind.ts";
import { ANA, MARCO, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { isLiveAt } from "../story.ts";

/** Two people approve in the same moment: one decision counts, and the other person is told whose. */
export const race: Play = {
  name: "race",
  summary: "two approvers press in the same millisecond",

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/checkout/u);
    const gate = await story.reply(card, /checkout/u, "gate_approve");
    await Promise.all([story.press(PRIYA, gate, "gate_approve"), story.press(MARCO, gate, "gate_approve")]);
    await story.ended(card);
    await Promise.race([story.told(PRIYA, /already/u), story.told(MARCO, /already/u)]);
  },

  check(left) {
    const decided = doers(left, "gate.decided");
    const refused = doers(left, "gate.refused");
    return [
      finding(
        "Argo CD: checkout-prod is live at abc123",
        isLiveAt(DEMO_COMMITS.target)(applicationOf(left, "checkout-prod")),
      ),
      finding("Argo CD: checkout-prod was synced once", applicationOf(left, "checkout-prod").deployments === 2),
      finding("Log: one of the two decided", decided.length === 1 && [PRIYA, MARCO].includes(decided[0] ?? "")),
      finding("Log: the other was refused", refused.length === 1 && refused[0] !== decided[0]),
      finding("Log: prod was synced by one attempt", countSteps(left, "step.started", "[prod]/sync") === 1),
    ];
  },
};
