import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, same } from "../left-behind.ts";
import { ANA, MARCO, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const REVISION = DEMO_COMMITS.paymentsSlow;
const SHORT = REVISION.slice(0, 7);
const PLACES = ["staging", "qa", "prod"];

/** Payments goes through three environments, with a gate before the second and the third, and one revision in all. */
export const threePlaces: Play = {
  name: "threeplaces",
  summary: "payments through staging, qa and prod, with two gates",

  async tell(story) {
    await story.type(ANA, `/promote payments ${SHORT} to prod`);
    const card = await story.card(/payments/u);
    const first = await story.reply(card, /qa/u, "gate_approve");
    await story.press(PRIYA, first, "gate_approve");
    const second = await story.reply(card, /prod/u, "gate_approve");
    await story.press(MARCO, second, "gate_approve");
    await story.ended(card);
  },

  check(left) {
    const revisions = new Set(left.runs[0]?.targets.map(({ revision }) => revision?.sha));
    return [
      ...PLACES.map((place) => {
        const application = applicationOf(left, `payments-${place}`);
        const isDone = isLiveAt(REVISION)(application) && application.deployments === 2;
        return finding(`Argo CD: payments-${place} is live at ${SHORT}, by one sync`, isDone);
      }),
      finding("Log: the run succeeded", left.runs.length === 1 && left.runs[0]?.status === "succeeded"),
      finding("Log: the same revision everywhere", revisions.size === 1 && revisions.has(REVISION)),
      finding("Log: Priya let it into qa, Marco into prod", same(doers(left, "gate.decided"), [PRIYA, MARCO])),
      ...PLACES.map((place) =>
        finding(`Log: ${place} is proven`, countSteps(left, "step.succeeded", `[${place}]/healthy`) === 1),
      ),
    ];
  },
};
