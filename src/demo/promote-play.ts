import { DEMO_COMMITS } from "../simulator/git-demo-repository.ts";
import type { ApplicationState } from "../simulator/argocd-state.ts";
import { ANA, PRIYA, type Stage, Story } from "./story.ts";

const TARGET = DEMO_COMMITS.target;

/** `/promote checkout abc123 to prod`: asked for by Ana, refused to her, approved by Priya, and proven in both environments. */
export async function promotePlay(stage: Stage): Promise<void> {
  const story = new Story(stage);
  await story.type(ANA, "/promote checkout abc123 to prod");
  await story.reached("asked");
  const card = await story.card(/checkout/u);
  await story.reached("card");
  await story.application("checkout-staging", "busy with abc123", isTaken);
  await story.reached("staging syncs");
  await story.application("checkout-staging", "live at abc123", isLive);
  await story.reached("staging is live");
  const gate = await story.reply(card, /checkout/u, "gate_approve");
  await story.reached("asked for approval");
  await story.press(ANA, gate, "gate_approve");
  await story.told(ANA, /someone else/u);
  await story.reached("refused to the requester");
  await story.press(PRIYA, gate, "gate_approve");
  await story.reached("approved");
  await story.application("checkout-prod", "busy with abc123", isTaken);
  await story.reached("prod syncs");
  await story.application("checkout-prod", "live at abc123", isLive);
  await story.reached("prod is live");
  await story.ended(card);
}

function isTaken({ operation, liveRevision }: ApplicationState): boolean {
  return liveRevision === TARGET || operation?.revision === TARGET;
}

function isLive({ liveRevision, health }: ApplicationState): boolean {
  return liveRevision === TARGET && health === "Healthy";
}
