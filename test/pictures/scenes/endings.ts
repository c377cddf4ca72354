import { ANA, BEN, OLGA, PRIYA } from "../../../src/demo/people.ts";
import { demoImage } from "../../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../../src/simulator/git-demo-repository.ts";
import { type Scene, shortIdIn } from "../scene.ts";

const BAD = DEMO_COMMITS.degrading.slice(0, 7);

/** Somebody who may says no. */
const reject: Scene = {
  name: "reject",
  async play({ story, shoot, camera, world }) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    const gate = await story.reply(card, /approval needed/u, "gate_approve");
    await story.press(PRIYA, gate, "gate_reject");
    await world.slack.world.changes.until("the form", () => world.slack.world.views.stack(PRIYA).at(-1), 10_000);
    await camera.form({ world, user: PRIYA }, "reject-form");
    await story.submit(PRIYA, { text: "Not before the weekend" });
    await story.ended(card);
    await shoot(await story.says(gate, /Rejected by/u), "gate-rejected");
    await shoot(await story.reply(card, /was rejected by/u), "stopped-notice");
    await shoot(card, "card-rejected");
  },
};

/** Nobody decides. */
const expire: Scene = {
  name: "expire",
  settings: { expires: "6s" },
  async play({ story, shoot }) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    const gate = await story.reply(card, /approval needed/u, "gate_approve");
    await story.ended(card);
    await shoot(await story.says(gate, /Expired/u), "gate-expired");
  },
};

/** What is live changes while an approval is asked for. */
const voided: Scene = {
  name: "void",
  async play({ story, shoot, control }) {
    await story.type(ANA, "/promote checkout abc123 to prod");
    const card = await story.card(/abc1236/u);
    const gate = await story.reply(card, /approval needed/u, "gate_approve");
    const revisions = [DEMO_COMMITS.hostileSubject];
    await control({ action: "start-operation", application: "checkout-prod", revisions, username: "bob" });
    await story.application("checkout-prod", "live elsewhere", ({ liveRevision, health }) => {
      return liveRevision === DEMO_COMMITS.hostileSubject && health === "Healthy";
    });
    await story.press(PRIYA, gate, "gate_approve");
    await shoot(await story.says(gate, /is void/u), "gate-void");
  },
};

/** A revision whose pods crash; then somebody mends it, syncs again, and goes on. */
const failure: Scene = {
  name: "failure",
  async play({ story, shoot, control }) {
    await story.type(ANA, "/promote checkout abc123 to staging");
    const first = await story.card(/abc1236/u);
    await story.ended(first);
    await story.type(ANA, `/promote checkout ${BAD} to staging`);
    const card = await story.card(new RegExp(BAD, "u"));
    await story.says(card, /failed/iu);
    const alert = await story.post(/S0ONCALL01.*failed/u);
    await shoot(alert, "failure-alert");
    await shoot(card, "card-failed");
    await shoot(await story.reply(card, /Step healthy in staging: (?:failed|timed)/u), "step-failed");
    const behaviour = { kind: "starts", afterMs: 4000 } as const;
    await control({ action: "set-image", prefix: demoImage("checkout", "1.6.0"), behaviour });
    await control({ action: "set-pods", application: "checkout-staging", state: "ready" });
    await shoot(await story.reply(alert, /healthy again/u), "incident-end");
    await story.type(OLGA, `/qd retry ${shortIdIn(card)} from sync`);
    await story.says(card, /succeeded/u);
    await shoot(alert, "settled-alert");
  },
};

/** Somebody else ends a promotion in the middle of a sync. */
const cancel: Scene = {
  name: "cancel",
  async play({ story, shoot, control }) {
    const behaviour = { kind: "starts", afterMs: 60_000 } as const;
    await control({ action: "set-image", prefix: demoImage("web-migrate", ""), behaviour });
    const revision = DEMO_COMMITS.webPrices;
    await story.type(ANA, `/promote web ${revision.slice(0, 7)} to staging`);
    const card = await story.card(/web/u);
    await story.application("web-staging", "in its sync", ({ operation }) => operation?.revision === revision);
    await control({ action: "add-fault", fault: { kind: "slow", matching: "^DELETE", delayMs: 2000 } });
    await story.type(OLGA, `/qd cancel ${shortIdIn(card)} because the migration is the wrong one`);
    await shoot(await story.says(card, /: being cancelled/iu), "card-cancelling");
    await shoot(await story.says(card, /: cancelled/iu), "card-cancelled");
    await shoot(await story.reply(card, /ended it|found that|could not end/u), "step-stopped");
    await shoot(await story.reply(card, /To ask for it again/u), "cancelled-notice");
  },
};

/** On-call goes back while a bad revision is still on its way. */
const rollback: Scene = {
  name: "rollback",
  async play({ story, shoot, ask }) {
    await story.type(ANA, "/promote checkout abc123 to staging");
    await story.ended(await story.card(/abc1236/u));
    await story.type(ANA, `/promote checkout ${BAD} to staging`);
    const bad = await story.card(new RegExp(BAD, "u"));
    await story.application("checkout-staging", "crashing", ({ pods }) => {
      return pods.some(({ reason }) => /CrashLoop/u.test(reason));
    });
    await story.type(OLGA, "/rollback checkout in staging");
    const back = await story.card(/Roll back checkout/u);
    await shoot(await story.says(bad, /: cancelled/iu), "card-gave-way");
    await shoot(await story.says(back, /succeeded/u), "card-rolled-back");
    await ask({ user: BEN, text: `/promote checkout ${BAD} to staging`, says: /held by the rollback/u }, "held-notice");
  },
};

export const ENDINGS: readonly Scene[] = [reject, expire, voided, failure, cancel, rollback];
