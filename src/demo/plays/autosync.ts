import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const REVISION = DEMO_COMMITS.target;

/** Staging syncs itself from its branch: nothing is synced there by us, it is proven all the same, and prod goes on as ever. */
export const autosync: Play = {
  name: "autosync",
  summary: "staging is synced by Argo CD itself, prod by Quarterdeck",
  settings: { autoSync: ["checkout-staging"] },

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/checkout/u);
    const gate = await story.reply(card, /prod/u, "gate_approve");
    await story.press(PRIYA, gate, "gate_approve");
    await story.application("checkout-prod", "live at abc123", isLiveAt(REVISION));
    await story.ended(card);
  },

  check(left) {
    const staging = applicationOf(left, "checkout-staging");
    const prod = applicationOf(left, "checkout-prod");
    return [
      finding(
        "Argo CD: the last operation of checkout-staging is its own",
        staging.operation?.initiatedBy === "automated",
      ),
      finding(
        "Argo CD: checkout-staging is Synced and Healthy",
        staging.sync === "Synced" && staging.health === "Healthy",
      ),
      finding(
        "Argo CD: checkout-prod is live at abc123, by one sync",
        isLiveAt(REVISION)(prod) && prod.deployments === 2,
      ),
      finding("Log: the run succeeded", left.runs.length === 1 && left.runs[0]?.status === "succeeded"),
      finding("Log: both environments are proven", countSteps(left, "step.succeeded", "/healthy") === 2),
      finding("Log: Priya approved prod", same(doers(left, "gate.decided"), [PRIYA])),
      finding(
        "Slack: it is said that Argo CD syncs staging by itself",
        posted(left).some(({ blocks }) => /Argo CD syncs|by itself|auto-sync/iu.test(JSON.stringify(blocks))),
      ),
    ];
  },
};
