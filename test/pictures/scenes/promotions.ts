import { ANA, BEN, MARCO, OLGA, PRIYA } from "../../../src/demo/people.ts";
import { demoImage } from "../../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../../src/simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../../src/simulator/slack-messages.ts";
import { type Scene, shortIdIn, type Stage } from "../scene.ts";

const DESKTOP = { width: 1000, height: 1100 };
const PHONE = { width: 390, height: 844 };
const LINK = /<(http[^|>]*\/runs\/[^|>]*)\|/u;

/** A promotion from the command to its end, and what can be asked about it afterwards. */
const promotion: Scene = {
  name: "promotion",
  async play(stage) {
    const { story, shoot, camera, world } = stage;
    await stage.control({
      action: "set-image",
      prefix: demoImage("checkout", "1.5.0"),
      behaviour: { kind: "starts", afterMs: 5000 },
    });
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    const wait = await story.reply(card, /Step healthy in staging: running\. ./u);
    await shoot(card, "card-running");
    await shoot(wait, "step-running");
    const gate = await story.reply(card, /approval needed/u, "gate_approve");
    await shoot(await story.says(card, /waits for approval|waiting for approval/iu), "card-waiting");
    await shoot(await story.says(wait, /succeeded/u), "step-succeeded");
    await shoot(gate, "gate");
    await story.press(ANA, gate, "gate_approve");
    await shoot(await story.told(ANA, /someone else has to decide/u), "refusal-approve");
    await world.slack.people.openHome({ user: PRIYA });
    await camera.home(world, PRIYA, "home");
    await story.press(PRIYA, gate, "gate_approve");
    await shoot(await story.says(gate, /Approved by/u), "gate-approved");
    await story.ended(card);
    await shoot(card, "card-succeeded");
    await afterwards(stage, card);
  },
};

async function afterwards({ story, ask, camera }: Stage, card: SlackMessage): Promise<void> {
  await ask({ user: BEN, text: "/qd where checkout abc123", says: /live everywhere/u }, "where");
  await ask({ user: BEN, text: "/qd history checkout", says: /Promote checkout/u }, "history");
  await ask({ user: OLGA, text: `/qd page ${shortIdIn(card)}`, says: /The page of/u }, "page-link");
  const link = await story.told(OLGA, /The page of/u);
  const url = LINK.exec(JSON.stringify(link.blocks))?.[1]?.replaceAll("&amp;", "&") ?? "";
  await camera.page(url, "run-page", DESKTOP);
  await camera.page(url, "run-page-phone", PHONE);
}

/** The page of the demo while an approval is waited for. */
const demo: Scene = {
  name: "demo",
  async play({ story, camera, world }) {
    await story.type(BEN, "/promote web bf0f508 to staging");
    await story.ended(await story.card(/web/u));
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    await story.reply(card, /approval needed/u, "gate_approve");
    await camera.demo({ world, user: PRIYA, card });
  },
};

/** An environment that Argo CD syncs by itself: nothing is posted there, and the revision is proven all the same. */
const autoSync: Scene = {
  name: "auto-sync",
  settings: { autoSync: ["checkout-staging"] },
  async play({ story, shoot }) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    await story.reply(card, /approval needed/u, "gate_approve");
    await shoot(await story.reply(card, /Step sync in staging: succeeded/u), "step-tracked");
    await shoot(await story.reply(card, /Step healthy in staging: succeeded/u), "step-tracked-proven");
  },
};

/** Two runs want the same environment. */
const queue: Scene = {
  name: "queue",
  async play({ story, shoot, ask }) {
    const [first, second] = [DEMO_COMMITS.paymentsSlow.slice(0, 7), DEMO_COMMITS.webMended.slice(0, 7)];
    await story.type(ANA, `/promote payments ${first} to staging`);
    await story.card(new RegExp(first, "u"));
    await story.type(BEN, `/promote payments ${second} to staging`);
    const card = await story.card(new RegExp(second, "u"));
    await shoot(await story.says(card, /behind|waits|queue/iu), "card-queued");
    await story.type(PRIYA, "/qd lock checkout in prod because database migration for 2h");
    await story.told(PRIYA, /locked/u);
    await ask({ user: MARCO, text: "/qd queue", says: /Queue of/u }, "queue");
    await ask({ user: OLGA, text: "/qd status", says: /2 runs under way/u }, "status");
  },
};

export const PROMOTIONS: readonly Scene[] = [promotion, demo, autoSync, queue];
