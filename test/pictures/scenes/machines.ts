import { ciGreenBlueprint } from "../../../src/demo/blueprints/ci-green.ts";
import { OLGA } from "../../../src/demo/people.ts";
import { ciWebhook, webhookTarget } from "../../../src/demo/world-parts/ci-webhook.ts";
import { DEMO_COMMITS } from "../../../src/simulator/git-demo-repository.ts";
import type { Scene } from "../scene.ts";

/** CI is green: the webhook starts a run. The next time the environment is locked, and nobody stands there who could be told. */
const ciGreen: Scene = {
  name: "ci-green",
  settings: { blueprints: [ciGreenBlueprint] },
  async play({ story, shoot, world }) {
    const webhook = ciWebhook.of(world);
    const target = webhookTarget(world);
    await webhook.push(target, { sha: DEMO_COMMITS.target });
    const card = await story.card(/abc1236/u);
    await story.says(card, /: succeeded\./u);
    await shoot(card, "card-triggered");
    await story.type(OLGA, "/qd triggers ci-green");
    await shoot(await story.told(OLGA, /asked for ci-deploy: Started/u), "triggers");
    await story.type(OLGA, "/qd lock checkout in staging because database migration for 2h");
    await story.told(OLGA, /locked/u);
    await webhook.push(target, { sha: DEMO_COMMITS.degrading });
    await shoot(await story.post(/nothing was started/u), "machine-notice");
  },
};

export const MACHINES: readonly Scene[] = [ciGreen];
