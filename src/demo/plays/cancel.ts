import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { demoImage } from "../../simulator/git-demo-manifests.ts";
import { finding } from "../finding.ts";
import { applicationOf, doers, posted, same } from "../left-behind.ts";
import { ANA } from "../people.ts";
import type { Play } from "../play.ts";

const REVISION = DEMO_COMMITS.webPrices;
const SHORT = REVISION.slice(0, 7);

/** Ana stops her promotion in the middle of a sync: the operation is ended, the locks are given back, nothing revives. */
export const cancel: Play = {
  name: "cancel",
  summary: "a promotion is cancelled in the middle of a sync",

  async tell(story) {
    await story.happens("The hooks of web take their time today", async ({ argocd }) => {
      const behaviour = { kind: "starts", afterMs: 60_000 } as const;
      await argocd.control({ action: "set-image", prefix: demoImage("web-migrate", ""), behaviour });
    });
    await story.type(ANA, `/promote web ${SHORT} to staging`);
    const card = await story.card(/web/u);
    await story.application("web-staging", "in the middle of its sync", ({ operation }) => {
      return operation?.revision === REVISION && operation.phase === "Running";
    });
    await story.ask(ANA, card, "cancel");
    await story.says(card, /: cancelled/iu);
  },

  check(left) {
    const [run] = left.runs;
    const { operation, deployments } = applicationOf(left, "web-staging");
    return [
      finding(
        `Argo CD: the operation has ended (${operation?.phase ?? "none"}: ${operation?.message ?? ""})`,
        operation?.phase === "Failed",
      ),
      finding("Argo CD: web-staging counts no new deployment", deployments === 1),
      finding("Log: the run was cancelled", run?.status === "cancelled"),
      finding("Log: Ana cancelled it", same(doers(left, "run.cancel-requested"), [ANA])),
      finding(
        "Log: no lock is held any more",
        run !== undefined && [...run.locks.values()].every(({ status }) => status === "released"),
      ),
      finding(
        "Slack: it is said what was ended in Argo CD",
        posted(left).some(({ text, threadTs }) => threadTs !== undefined && /ended|terminated|stopped/iu.test(text)),
      ),
    ];
  },
};
