import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, doers, placeOf, same } from "../left-behind.ts";
import { ANA, BEN, OLGA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const GOOD = DEMO_COMMITS.target;
const BAD = DEMO_COMMITS.degrading;
const BAD_SHORT = BAD.slice(0, 7);

/**
 * A bad revision is on its way; on-call goes back before it has even failed. The rollback does not wait behind the run that broke
 * things, and holds the place until somebody unlocks it.
 */
export const rollback: Play = {
  name: "rollback",
  summary: "on-call rolls back over a run that is breaking things, and holds the place",

  async tell(story) {
    await story.type(ANA, "/promote checkout abc123 to staging");
    const first = await story.card(/abc1236/u);
    await story.says(first, /succeeded/iu);
    await story.type(ANA, `/promote checkout ${BAD_SHORT} to staging`);
    const second = await story.card(new RegExp(BAD_SHORT, "u"));
    await story.application("checkout-staging", "crashing", ({ pods }) =>
      pods.some(({ reason }) => /CrashLoop/u.test(reason)),
    );
    await story.type(OLGA, "/rollback checkout in staging");
    const back = await story.card(/Roll back checkout/u);
    await story.says(second, /cancelled/iu);
    await story.says(back, /succeeded/iu);
    await story.type(BEN, `/promote checkout ${BAD_SHORT} to staging`);
    await story.told(BEN, /locked|rolled back/iu);
    await story.type(OLGA, "/qd unlock checkout in staging");
    await story.told(OLGA, /unlocked/iu);
  },

  check(left) {
    const [, bad, back] = left.runs;
    const cancelled = placeOf(left, bad?.id, "run.cancel-requested");
    return [
      finding(
        "Argo CD: checkout-staging is live at abc123 again, and Healthy",
        isLiveAt(GOOD)(applicationOf(left, "checkout-staging")),
      ),
      finding("Log: three runs", left.runs.length === 3),
      finding("Log: the run that broke things was cancelled", bad?.status === "cancelled"),
      finding("Log: the rollback succeeded", back?.status === "succeeded"),
      finding(
        "Log: the rollback got the lock after the other was cancelled",
        cancelled !== -1 && cancelled < placeOf(left, back?.id, "lock.acquired"),
      ),
      finding("Log: Olga asked for it", same(doers(left, "run.started"), [ANA, ANA, OLGA])),
    ];
  },
};
