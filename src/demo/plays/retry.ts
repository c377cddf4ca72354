import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { demoImage } from "../../simulator/git-demo-manifests.ts";
import { finding } from "../finding.ts";
import { applicationOf, countSteps, doers, posted, same } from "../left-behind.ts";
import { ANA, OLGA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const REVISION = DEMO_COMMITS.degrading;
const SHORT = REVISION.slice(0, 7);

/** The pods do not come up and the run fails. Somebody mends what they wait for, and only the wait is repeated. */
export const retry: Play = {
  name: "retry",
  summary: "a wait fails, the cause is mended, and only the wait is repeated",

  async tell(story) {
    await story.type(ANA, `/promote checkout ${SHORT} to staging`);
    const card = await story.card(/checkout/u);
    await story.says(card, /failed/iu);
    await story.happens("The image is mended in its registry", async ({ argocd }) => {
      const behaviour = { kind: "starts", afterMs: 500 } as const;
      await argocd.control({ action: "set-image", prefix: demoImage("checkout", "1.6.0"), behaviour });
      await argocd.control({ action: "set-pods", application: "checkout-staging", state: "ready" });
    });
    const alert = await story.post(/S0ONCALL01.*failed/iu);
    await story.ask(OLGA, alert, "retry");
    await story.says(card, /succeeded/iu);
  },

  check(left) {
    const cards = posted(left).filter(({ text, threadTs }) => threadTs === undefined && /succeeded/iu.test(text));
    return [
      finding(
        `Argo CD: checkout-staging is live at ${SHORT} and Healthy`,
        isLiveAt(REVISION)(applicationOf(left, "checkout-staging")),
      ),
      finding("Argo CD: it was synced once", applicationOf(left, "checkout-staging").deployments === 2),
      finding("Log: one run, and it succeeded", left.runs.length === 1 && left.runs[0]?.status === "succeeded"),
      finding("Log: Olga repeated it", same(doers(left, "run.retried"), [OLGA])),
      finding("Log: the sync was started once", countSteps(left, "step.started", "[staging]/sync") === 1),
      finding("Log: the wait was started twice", countSteps(left, "step.started", "[staging]/healthy") === 2),
      finding("Slack: the same card says that it succeeded", cards.length === 1),
    ];
  },
};
