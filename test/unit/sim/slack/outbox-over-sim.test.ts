import { describe, expect, it } from "vitest";

import { silentLogger } from "../../../../src/platform/logger.ts";
import { message, section } from "../../../../src/slack/blocks.ts";
import { Outbox } from "../../../../src/slack/outbox.ts";
import { SlackGateway } from "../../../../src/slack/slack-gateway.ts";
import { Dice } from "../../../sim/dice.ts";
import { Life } from "../../../sim/life.ts";
import { seededRandom } from "../../../sim/seeded-random.ts";
import { actOnSlack } from "../../../sim/slack/slack-act.ts";
import { shownNow } from "../../../sim/slack/slack-truth.ts";
import { MemorySlotStore, mortal } from "../../slack/fake-slack.ts";
import { SlackRig } from "./slack-rig.ts";

const SLOTS = 8;
const STEPS = 40;

/** A process with an outbox, on a disk that outlives it. */
class Process {
  readonly life: Life;
  readonly outbox: Outbox;

  constructor(rig: SlackRig, disk: MemorySlotStore, seed: string) {
    const life = new Life(seed);
    const isAlive = (): boolean => !life.isDead;
    this.life = life;
    this.outbox = new Outbox({
      messages: new SlackGateway({ clients: rig.clients(life), botUser: () => "UBOT" }),
      store: mortal(disk, isAlive),
      clock: rig.clock(life),
      random: seededRandom(new Dice(seed)),
      logger: silentLogger,
      onSettled: () => undefined,
    });
  }

  want(slot: string, text: string, terminal: boolean): void {
    const parent = slot === "run_1/card" ? undefined : "run_1/card";
    const content = message(text, [section(text)]);
    this.outbox.want({ slot, team: "T1", channel: "C1DEPLOYS", parent, content, priority: terminal ? 1 : 2, terminal });
  }
}

/** Everything goes wrong for a while, with a crash in the middle; then nothing does. Tells what every slot shows at the end. */
async function story(seed: string, { isClosedAtTimes = false } = {}): Promise<SlackRig> {
  const rig = new SlackRig({ seed });
  const dice = new Dice(`${seed}/story`);
  const disk = new MemorySlotStore();
  let process = new Process(rig, disk, `${seed}/1`);
  const slots = ["run_1/card", ...Array.from({ length: SLOTS - 1 }, (_, index) => `run_1/step/${index}`)];
  const wanted = new Map<string, string>();
  rig.carrier.ways.slack.loss = 0.15;
  for (let step = 0; step < STEPS; step += 1) {
    const slot = dice.pick(slots);
    wanted.set(slot, `${slot} at ${step}`);
    process.want(slot, `${slot} at ${step}`, false);
    if (dice.chance(0.1)) actOnSlack({ kind: "limit", method: "chat.update", forMs: 5000 }, rig.world, rig.line);
    if (isClosedAtTimes && dice.chance(0.06)) {
      const kind = dice.pick(["archive", "remove-bot"] as const);
      actOnSlack({ kind, channel: "C1DEPLOYS", forMs: dice.between(1000, 40_000) }, rig.world, rig.line);
    }
    if (dice.chance(0.1)) {
      const error = dice.pick(["fatal_error", "http_500", "ratelimited"]);
      const trouble = { error, hasEffect: error !== "ratelimited" && dice.chance(0.5) };
      actOnSlack({ kind: "trouble", trouble, forMs: 2000 }, rig.world, rig.line);
    }
    if (step === STEPS / 2) {
      process.life.kill();
      await rig.pass(1000);
      process = new Process(rig, disk, `${seed}/2`);
      for (const [known, text] of wanted) process.want(known, text, false);
    }
    await rig.pass(dice.between(1, 3000));
  }
  rig.carrier.ways.slack.loss = 0;
  for (const slot of slots) process.want(slot, `${slot} at the end`, true);
  await rig.pass(10 * 60_000);
  expect(process.outbox.backlog).toBe(0);
  return rig;
}

describe("the outbox over the simulated Slack", () => {
  it.each(["a", "b", "c", "d"])(
    "shows every slot once, as it is wanted last, after losses, limits and a crash: %s",
    async (seed) => {
      const { world } = await story(seed);
      const shown = world.truth.messages.map((one) => [one.slot, shownNow(one).text]);
      expect(new Set(shown.map(([slot]) => slot)).size).toBe(shown.length);
      expect(shown).toHaveLength(SLOTS);
      for (const [slot, text] of shown) expect(text).toBe(`${slot} at the end`);
    },
  );

  it.each(["a", "b", "c", "d"])("does so as well when its channel is closed to it at times: %s", async (seed) => {
    const { world } = await story(seed, { isClosedAtTimes: true });
    const shown = world.truth.messages.map((one) => [one.slot, shownNow(one).text]);
    expect(shown).toHaveLength(SLOTS);
    for (const [slot, text] of shown) expect(text).toBe(`${slot} at the end`);
  });

  it("never shows an older state after a newer one", async () => {
    const { world } = await story("order");
    for (const { versions } of world.truth.messages) {
      const steps = versions.map(({ text }) => Number(/\d+$/u.exec(text)?.[0] ?? STEPS));
      expect(steps).toEqual(steps.toSorted((left, right) => left - right));
    }
  });

  it("keeps its messages where they are while their channel is archived, and goes on with them afterwards", async () => {
    const rig = new SlackRig();
    const process = new Process(rig, new MemorySlotStore(), "process");
    process.want("run_1/card", "running", false);
    process.want("run_1/step/0", "begun", false);
    await rig.pass(5000);
    actOnSlack({ kind: "archive", channel: "C1DEPLOYS", forMs: 40_000 }, rig.world, rig.line);
    process.want("run_1/card", "waiting", false);
    process.want("run_1/step/0", "ended", false);
    await rig.pass(5000);
    process.want("run_1/card", "done", true);
    await rig.pass(5 * 60_000);
    expect(rig.world.truth.messages.map((one) => shownNow(one).text)).toEqual(["done", "ended"]);
  });

  it("finds what it posted while its clock was an hour ahead", async () => {
    const rig = new SlackRig();
    const disk = new MemorySlotStore();
    rig.wall.offsetMs = 3_600_000;
    rig.carrier.ways.slack.trouble = "answers-lost";
    const ahead = new Process(rig, disk, "ahead");
    ahead.want("run_1/card", "card", false);
    await rig.pass(1000);
    ahead.life.kill();
    rig.wall.offsetMs = 0;
    rig.carrier.ways.slack.trouble = undefined;
    const right = new Process(rig, disk, "right");
    right.want("run_1/card", "done", true);
    await rig.pass(60_000);
    expect(rig.world.truth.messages.map((one) => shownNow(one).text)).toEqual(["done"]);
  });

  it("is the same story twice", async () => {
    const [one, other] = [await story("same"), await story("same")];
    expect(other.world.truth.messages).toEqual(one.world.truth.messages);
    expect(other.world.truth.calls).toEqual(one.world.truth.calls);
    expect(other.line.now()).toBe(one.line.now());
  });
});
