import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, AppRig, BEN, GUS, OLGA, PRIYA } from "../support/app-rig.ts";

let rig: AppRig;

const GRANTS = `  - { role: team, verbs: [promote, rollback, sync, signal, lock, unlock], services: all, environments: all }`;

beforeAll(async () => {
  rig = await AppRig.open({
    configure: (text) =>
      text
        .replace("  team: [everyone]", `  team: [{ user: ${ANA} }, { user: ${PRIYA} }, { user: ${OLGA} }]`)
        .replace(/ {2}- \{ role: team.*\}/u, GRANTS),
  });
});

afterAll(() => rig[Symbol.asyncDispose]());

const Buttons = z.array(
  z.looseObject({
    type: z.string(),
    elements: z.array(z.looseObject({ action_id: z.string().optional(), text: z.unknown().optional() })).optional(),
  }),
);

/** The buttons of a message by what stands on them. */
function buttonsOf(message: SlackMessage): ReadonlyMap<string, string> {
  const blocks = Buttons.parse(message.blocks ?? []).filter(({ type }) => type === "actions");
  return new Map(
    blocks.flatMap(({ elements = [] }) =>
      elements.map(({ text, action_id: action = "" }): [string, string] => [
        z.looseObject({ text: z.string() }).parse(text).text,
        action,
      ]),
    ),
  );
}

async function press(user: string, message: SlackMessage, name: string): Promise<void> {
  const action = buttonsOf(message).get(name);
  if (action === undefined) throw new Error(`there is no ${name} on: ${[...buttonsOf(message).keys()].join(", ")}`);
  await rig.press(user, message, action);
}

describe("the buttons of a card", () => {
  it("cancel a run that waits, for whoever asked or may do what it does, and for nobody else", async () => {
    await rig.type(ANA, "/promote checkout abc123 to prod");
    await rig.gate();
    const card = await rig.card(/checkout abc1236 to prod: waiting for approval/u);
    expect([...buttonsOf(card).keys()]).toEqual(["Cancel", "Details"]);
    await press(BEN, card, "Cancel");
    await rig.told(BEN, /You may not promote checkout in staging/u);
    await press(GUS, card, "Cancel");
    await rig.told(GUS, /guest|may not/iu);
    await press(OLGA, card, "Cancel");
    await rig.told(OLGA, /is being cancelled/u);
    const over = await rig.card(/checkout abc1236 to prod: cancelled/u);
    expect([...buttonsOf(over).keys()]).toEqual(["Ask again", "Details"]);
    // Somebody who still sees the older message presses what is no longer there.
    const stale = { blockId: "b", element: { type: "button", action_id: "command_0", value: cancelValue() } };
    const { channel, ts } = card;
    await rig.world.slack.people.click({ user: PRIYA, channel, ts, actionId: "command_0", stale });
    await rig.told(PRIYA, /It was cancelled already/u);
  });

  it("take it up again where it ended, and then name who approved it", async () => {
    const card = await rig.card(/checkout abc1236 to prod: cancelled/u);
    await press(ANA, card, "Ask again");
    await rig.told(ANA, /goes on/u);
    await rig.press(PRIYA, await rig.gate(), "gate_approve");
    const done = await rig.card(/checkout abc1236 to prod: succeeded/u);
    expect(JSON.stringify(done.blocks)).toContain(`approved by <@${PRIYA}>`);
    // Nothing else was ever proven in prod.
    expect([...buttonsOf(done).keys()]).toEqual(["Details"]);
  });

  it("of a failure wait again, sync again and go back, and its alert says when somebody did", async () => {
    await rig.type(ANA, "/promote checkout e6c07a9 to staging");
    const alert = await rig.card(/checkout e6c07a9 to staging failed/u);
    await rig.until("ways out of it", () => buttonsOf(current(alert)).has("Roll back"));
    expect([...buttonsOf(current(alert)).keys()]).toEqual([
      "Wait again",
      "Sync again",
      "Roll back",
      "Open in Argo CD",
      "Open the run",
    ]);
    expect([...buttonsOf(await rig.card(/checkout e6c07a9 to staging: failed\./u)).keys()]).toEqual([
      "Wait again",
      "Sync again",
      "Roll back",
      "Details",
    ]);
    await press(BEN, current(alert), "Wait again");
    await rig.told(BEN, /You may not promote checkout in staging/u);
    await press(OLGA, current(alert), "Wait again");
    await rig.told(OLGA, /goes on from healthy/u);
    await rig.card(/checkout e6c07a9 to staging failed, and was retried by/u);
    await rig.message("a second alert", ({ ts, text }) => ts !== alert.ts && /to staging failed in/u.test(text));
  });

  it("go on to the next environment, and back again, only on the newest card", async () => {
    await rig.type(ANA, "/promote checkout 1d28907 to staging");
    const staging = await rig.card(/checkout 1d28907 to staging: succeeded/u);
    await rig.until("a card with both ways", () => buttonsOf(current(staging)).size === 3);
    expect([...buttonsOf(current(staging)).keys()]).toEqual(["Promote to prod", "Roll back", "Details"]);
    await press(ANA, current(staging), "Promote to prod");
    await rig.told(ANA, /Started run_.*: Promote checkout 1d28907 to prod/u);
    await rig.press(PRIYA, await gateOf(/from abc1236 to 1d28907 in prod/u), "gate_approve");
    const done = await rig.card(/checkout 1d28907 to prod: succeeded/u);
    expect([...buttonsOf(current(done)).keys()]).toEqual(["Roll back", "Details"]);
    await press(BEN, done, "Roll back");
    await rig.told(BEN, /You may not rollback checkout in prod/u);
    await press(ANA, done, "Roll back");
    await rig.told(ANA, /Started run_.*: Roll back checkout in prod to abc1236/u);
    await rig.press(PRIYA, await gateOf(/from 1d28907 to abc1236 in prod/u), "gate_approve");
    const back = await rig.card(/Roll back checkout in prod to abc1236: succeeded/u);
    expect([...buttonsOf(back).keys()]).toEqual(["Details"]);
    await rig.until("the card before offers no way back", () => !buttonsOf(current(done)).has("Roll back"));
  });
});

/** The request for an approval of just this. */
async function gateOf(says: RegExp): Promise<SlackMessage> {
  return await rig.message(
    "a request for approval",
    (message) => says.test(message.text) && /approval needed/u.test(message.text),
  );
}

/** The message as it is now. */
function current({ channel, ts }: SlackMessage): SlackMessage {
  const message = rig.world.slack.world.messages.message(channel, ts);
  if (message === undefined) throw new Error("the message is gone");
  return message;
}

function cancelValue(): string {
  return JSON.stringify({ command: "cancel", values: { run: rig.run().id } });
}
