import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, posted } from "../left-behind.ts";
import { ANA, BEN } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const REVISION = DEMO_COMMITS.target;

/** Quarterdeck only looks, beside what a team has: it tells of what others do and of what falls ill, and changes nothing. */
export const observe: Play = {
  name: "observe",
  summary: "Quarterdeck looks on while somebody else deploys",
  settings: { mode: "observe" },

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to staging");
    await story.told(ANA, /observ/iu);
    await story.happens("Bob syncs checkout in staging by hand", ({ argocd }) =>
      argocd.control({
        action: "start-operation",
        application: "checkout-staging",
        revisions: [REVISION],
        username: "bob",
      }),
    );
    await story.application("checkout-staging", "live at abc123", isLiveAt(REVISION));
    await story.happens("The pods of web in prod begin to fail", ({ argocd }) =>
      argocd.control({ action: "set-pods", application: "web-prod", state: "degraded" }),
    );
    await story.post(/web in prod is Degraded/u);
    await story.type(BEN, "/qd history checkout");
    await story.told(BEN, /bob/u);
  },

  check(left) {
    const { operation } = applicationOf(left, "checkout-staging");
    return [
      finding("Argo CD: the only operation is Bob's", operation?.initiatedBy === "bob"),
      finding("Log: no run was started", left.runs.length === 0),
      finding(
        "Slack: no message offers a change",
        posted(left).every(({ blocks }) => !JSON.stringify(blocks).includes('"command_')),
      ),
    ];
  },
};
