import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, isTakenAt } from "../story.ts";

// Long enough for every connection to be given up, and for its tries to have grown slow.
const AWAY_MS = 25_000;

/** Slack is away while staging is synced, Argo CD while prod is: the run goes on by itself, and everything is shown in the end. */
export const outage: Play = {
  name: "outage",
  summary: "Slack is down for a while, then Argo CD is",

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/checkout/u);
    const bringBack = story.takeSlackDown();
    await story.application("checkout-staging", "live at abc123", isLiveAt(DEMO_COMMITS.target));
    await story.passes(AWAY_MS);
    bringBack();
    const gate = await story.reply(card, /checkout/u, "gate_approve");
    await story.reachable();
    await story.press(PRIYA, gate, "gate_approve");
    await story.application("checkout-prod", "busy with abc123", isTakenAt(DEMO_COMMITS.target));
    await story.happens("Argo CD goes down", async ({ argocd }) => {
      await argocd.control({ action: "add-fault", fault: { kind: "reset-before" } });
      await argocd.control({ action: "disturb-streams", effect: "cut" });
    });
    await story.passes(AWAY_MS);
    await story.happens("Argo CD is back", ({ argocd }) => argocd.control({ action: "clear-faults" }));
    await story.ended(card);
  },

  check(left) {
    const messages = posted(left);
    const cards = messages.filter(({ threadTs }) => threadTs === undefined);
    return [
      ...["staging", "prod"].map((place) => {
        const application = applicationOf(left, `checkout-${place}`);
        const isDone = isLiveAt(DEMO_COMMITS.target)(application) && application.deployments === 2;
        return finding(`Argo CD: checkout-${place} is live at abc123, by one sync`, isDone);
      }),
      finding("Log: the run succeeded", left.runs.length === 1 && left.runs[0]?.status === "succeeded"),
      finding("Log: Priya approved once", same(doers(left, "gate.decided"), [PRIYA])),
      finding("Log: prod was synced by one attempt", countSteps(left, "step.started", "[prod]/sync") === 1),
      finding(
        "Slack: one card, and it says that the run succeeded",
        cards.length === 1 && /succeeded/u.test(cards[0]?.text ?? ""),
      ),
      finding("Slack: one message a step, all of them final", messages.length === 6),
    ];
  },
};
