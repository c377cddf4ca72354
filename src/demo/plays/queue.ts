import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { finding } from "../finding.ts";
import { applicationOf, doers, placeOf, posted, same } from "../left-behind.ts";
import { ANA, BEN } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt } from "../story.ts";

const FIRST = DEMO_COMMITS.paymentsSlow.slice(0, 7);
const SECOND = DEMO_COMMITS.webMended.slice(0, 7);

/** Two runs want the same place: the second one waits, sees behind whom, and goes on by itself. */
export const queue: Play = {
  name: "queue",
  summary: "two runs want the same environment, and go one after the other",

  async tell(story) {
    await story.type(ANA, `/promote payments ${FIRST} to staging`);
    const first = await story.card(new RegExp(FIRST, "u"));
    await story.application(
      "payments-staging",
      `busy with ${FIRST}`,
      ({ operation }) => operation?.revision === DEMO_COMMITS.paymentsSlow,
    );
    await story.type(BEN, `/promote payments ${SECOND} to staging`);
    const second = await story.card(new RegExp(SECOND, "u"));
    await story.says(second, /behind|waits|queue/iu);
    await story.ended(first);
    await story.ended(second);
  },

  check(left) {
    const [first, second] = left.runs;
    const cards = posted(left).filter(({ threadTs }) => threadTs === undefined);
    const released = placeOf(left, first?.id, "lock.released");
    const isHandedOver = released !== -1 && released < placeOf(left, second?.id, "lock.acquired");
    return [
      finding(
        "Argo CD: payments-staging is live at the second commit",
        isLiveAt(DEMO_COMMITS.webMended)(applicationOf(left, "payments-staging")),
      ),
      finding("Argo CD: it was synced twice", applicationOf(left, "payments-staging").deployments === 3),
      finding(
        "Log: both runs succeeded",
        left.runs.length === 2 && left.runs.every(({ status }) => status === "succeeded"),
      ),
      finding("Log: Ana was first, then Ben", same(doers(left, "run.started"), [ANA, BEN])),
      finding("Log: the second got its lock after the first gave it back", isHandedOver),
      finding("Slack: two cards", cards.length === 2),
    ];
  },
};
