import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import { runView, type RunView } from "../../../src/domain/run-view.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { Outbox } from "../../../src/slack/outbox.ts";
import { Presenter } from "../../../src/slack/presenter.ts";
import type { ShowSettings } from "../../../src/slack/run-slots.ts";
import { slackLookups } from "../../../src/slack/slack-lookups.ts";
import { alertSlot, cardSlot, gateSlot, stepSlot, strayedSlot } from "../../../src/slack/slot-ids.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { promotePlan, RunSpec, step } from "../../support/run-spec.ts";
import { type FakeCall, FakeSlack, MemorySlotStore } from "./fake-slack.ts";
import {
  begun,
  decided,
  ended,
  failedStep,
  finished,
  GATE,
  HEALTHY,
  lookups as sampleLookups,
  opened,
  RUN,
  runFailed,
  started,
  SYNC,
  viewOf,
} from "./sample-run.ts";

const USERS: Readonly<Record<string, string>> = { p_ana: "U0ANA", p_bo: "U0BO" };
const NOWHERE_ELSE: ShowSettings = { channel: "C1", approvals: undefined, alerts: undefined };

function setUp(settings = NOWHERE_ELSE) {
  const clock = new FakeClock();
  const slack = new FakeSlack(clock);
  const slots = new MemorySlotStore();
  const shown: (readonly [string, number])[] = [];
  const people = {
    person: (pseudonym: string) => {
      const user = USERS[pseudonym];
      return user === undefined ? undefined : { pseudonym, team: "T1", user };
    },
  };
  const identity = { team: "T1", enterprise: undefined, botUser: "U0BOT", url: "https://acme.slack.com/" };
  const lookups = slackLookups({
    people,
    slots,
    identity: () => identity,
    linkOf: () => undefined,
    hasPages: true,
    mainCommand: () => "/qd",
    prospects: { wayBack: () => undefined, nextEnvironment: () => undefined },
  });
  const start = (shownAs = settings) => {
    const outbox: Outbox = new Outbox({
      messages: slack,
      store: slots,
      clock,
      random: { bytes: (length) => Buffer.alloc(length), fraction: () => 0.5 },
      logger: silentLogger,
      onSettled: (slot, isMoved) => presenter.onSettled(slot, isMoved),
    });
    const files = { want: () => undefined, isSettled: () => true };
    const store = { markShown: (run: string, version: number) => void shown.push([run, version]) };
    const presenter: Presenter = new Presenter({ outbox, files, slots, store, people, lookups, settings: shownAs });
    return { outbox, presenter };
  };
  return { clock, slack, slots, shown, start, ...start() };
}

const PARKED = [started(), begun(GATE, "approval", "gate"), opened()];
const ALERTED: readonly RunEvent[] = [
  ...PARKED,
  decided("approve"),
  ended(GATE),
  begun(SYNC, "argocd/sync", "action"),
  ended(SYNC),
  begun(HEALTHY, "argocd/wait", "wait"),
  failedStep(HEALTHY, "argocd.degraded", "Deployment/checkout is Degraded"),
  runFailed(HEALTHY, "argocd.degraded", "Deployment/checkout is Degraded"),
  begun("on-failure/alert", "slack/alert", "action"),
];
const LOST: readonly RunEvent[] = [...ALERTED, ended("on-failure/alert"), finished("failed")];

/** Shows the run event by event, as they happen. */
async function play(rig: ReturnType<typeof setUp>, events: readonly RunEvent[]): Promise<RunView> {
  for (let count = 1; count <= events.length; count += 1) {
    rig.presenter.onRunChanged(viewOf(events.slice(0, count)));
    await rig.clock.advance(5000);
  }
  return viewOf(events);
}

describe("what is drawn", () => {
  it("is not drawn anew when an edit has arrived, and is when a message stands elsewhere", async () => {
    const { outbox, presenter, clock } = setUp();
    const wanted: string[] = [];
    const want = outbox.want.bind(outbox);
    outbox.want = (slot) => {
      wanted.push(slot.slot);
      want(slot);
    };
    presenter.onRunChanged(viewOf(PARKED));
    await clock.advance(20_000);
    const drawn = wanted.length;
    presenter.onSettled(cardSlot(RUN), false);
    expect(wanted).toHaveLength(drawn);
    presenter.onSettled(cardSlot(RUN), true);
    expect(wanted.length).toBeGreaterThan(drawn);
  });
});

describe("the messages of a run", () => {
  it("are a card in the channel, one message a step and the gate in its thread, and the alert beside it", async () => {
    const rig = setUp({
      channel: "C1",
      approvals: undefined,
      alerts: { channel: "C9", mention: { kind: "group", group: "S0ONCALL" } },
    });
    await play(rig, LOST);
    const places = rig.slack.messages.map(({ slot, channel, threadTs }) => ({
      slot,
      channel,
      isReply: threadTs !== undefined,
    }));
    expect(places).toEqual([
      { slot: cardSlot(RUN), channel: "C1", isReply: false },
      { slot: gateSlot(RUN, GATE, 0), channel: "C1", isReply: true },
      { slot: stepSlot(RUN, SYNC), channel: "C1", isReply: true },
      { slot: stepSlot(RUN, HEALTHY), channel: "C1", isReply: true },
      { slot: alertSlot(RUN), channel: "C9", isReply: false },
    ]);
    expect(rig.slack.text(alertSlot(RUN))).toContain("<!subteam^S0ONCALL>");
    expect(rig.shown.at(-1)).toEqual([RUN, viewOf(LOST).version]);
  });

  it("ask for approvals where the configuration says", async () => {
    const rig = setUp({ ...NOWHERE_ELSE, approvals: "C7" });
    await play(rig, PARKED);
    expect(rig.slack.of(gateSlot(RUN, GATE, 0))[0]).toMatchObject({ channel: "C7", threadTs: undefined });
  });

  it("link the card to the open gate once Slack has it", async () => {
    const rig = setUp();
    await play(rig, PARKED);
    const gate = rig.slack.of(gateSlot(RUN, GATE, 0))[0];
    const card = JSON.stringify(rig.slack.of(cardSlot(RUN))[0]?.shown.at(-1)?.blocks);
    expect(card).toContain(`https://acme.slack.com/archives/C1/p${gate?.ts.replace(".", "")}`);
  });

  it("call the approvers when a gate is opened anew, and say of the old one what changed", async () => {
    const rig = setUp();
    const again: RunEvent[] = [
      ...PARKED,
      {
        type: "gate.voided",
        at: 1,
        path: GATE,
        attempt: 1,
        changed: ["fromRevision"],
        message: "another run changed prod",
      },
      begun(GATE, "approval", "gate", { attempt: 2 }),
      opened(undefined, undefined, { attempt: 2 }),
    ];
    await play(rig, again);
    expect(rig.slack.text(gateSlot(RUN, GATE, 0))).toContain("is void: another run changed prod");
    expect(
      rig.slack
        .of(gateSlot(RUN, GATE, 0))[0]
        ?.shown.at(-1)
        ?.blocks.map(({ type }) => type),
    ).not.toContain("actions");
    expect(rig.slack.of(gateSlot(RUN, GATE, 1))[0]?.shown[0]?.text).toContain("<!subteam^S0APPROVE>");
  });

  it("set a step aside that was taken back with its approval", async () => {
    const rig = setUp();
    await play(rig, [
      ...PARKED,
      decided("approve"),
      ended(GATE),
      begun(SYNC, "argocd/sync", "action"),
      { type: "gate.voided", at: 1, path: GATE, attempt: 1, changed: ["fromRevision"], message: "prod changed" },
    ]);
    // The sample's plan holds no steps, so the fold cannot tell what came after the gate; a real one can.
    const view = viewOf([...PARKED, decided("approve"), ended(GATE)]);
    const state = {
      ...view.state,
      version: 99,
      attempts: new Map([
        [GATE, 1],
        [SYNC, 1],
      ]),
    };
    rig.presenter.onRunChanged({ ...view, version: 99, state });
    await rig.clock.advance(5000);
    expect(rig.slack.text(stepSlot(RUN, SYNC))).toContain("set aside");
  });
});

describe("showing", () => {
  it("sends nothing after a restart when nothing has changed", async () => {
    const rig = setUp();
    const view = await play(rig, LOST);
    const calls = rig.slack.calls.length;
    const next = rig.start();
    next.presenter.onRunChanged(view);
    await rig.clock.advance(60_000);
    expect(rig.slack.calls.length).toBe(calls);
    expect(rig.shown.at(-1)).toEqual([RUN, view.version]);
  });

  it("is finished only when every message has arrived", async () => {
    const rig = setUp();
    await play(rig, ALERTED);
    rig.shown.length = 0;
    rig.slack.fault = (call) => (call.method === "update" ? { kind: "dropped" } : undefined);
    rig.presenter.onRunChanged(viewOf(LOST));
    await rig.clock.advance(60_000);
    expect(rig.shown.filter(([, version]) => version === viewOf(LOST).version)).toEqual([]);
    rig.slack.fault = () => undefined;
    await rig.clock.advance(120_000);
    expect(rig.shown.at(-1)).toEqual([RUN, viewOf(LOST).version]);
    expect(rig.slack.text(cardSlot(RUN))).toContain("failed");
  });

  it("tells the requester once, directly, when the channel takes no card, and goes on trying", async () => {
    const rig = setUp();
    rig.slack.fault = (call) => (call.channel === "C1" ? { kind: "refused", code: "not_in_channel" } : undefined);
    await play(rig, PARKED);
    const told = rig.slack.of(strayedSlot(RUN));
    expect(told.map(({ channel }) => channel)).toEqual(["U0ANA"]);
    expect(told[0]?.shown.at(-1)?.text).toContain("/invite");
    rig.slack.fault = () => undefined;
    await rig.clock.advance(700_000);
    expect(rig.slack.text(cardSlot(RUN))).toContain("waiting for approval");
    expect(rig.slack.of(gateSlot(RUN, GATE, 0)).length).toBe(1);
    expect(rig.slack.of(strayedSlot(RUN)).length).toBe(1);
  });

  it("shows the run in the team's channel when the one in which it was asked for takes no card", async () => {
    const rig = setUp({ ...NOWHERE_ELSE, channel: "C7" });
    rig.slack.fault = (call) => (call.channel === "C1" ? { kind: "refused", code: "not_in_channel" } : undefined);
    await play(rig, PARKED);
    await rig.clock.advance(10_000);
    expect(rig.slack.of(cardSlot(RUN)).map(({ channel }) => channel)).toEqual(["C7"]);
    expect(rig.slack.of(gateSlot(RUN, GATE, 0)).map(({ channel }) => channel)).toEqual(["C7"]);
    const told = rig.slack.of(strayedSlot(RUN));
    expect(told[0]?.shown.at(-1)?.text).toContain("The run is shown in <#C7> instead.");
    rig.slack.fault = () => undefined;
    rig.presenter.onRunChanged(viewOf([...PARKED, decided("approve"), ended(GATE), finished("succeeded")]));
    await rig.clock.advance(60_000);
    expect(rig.slack.of(cardSlot(RUN)).map(({ channel }) => channel)).toEqual(["C7"]);
    expect(rig.slack.text(cardSlot(RUN))).toContain("succeeded");
  });

  it.each([
    ["a public channel, where what stands there can still be changed", "post", "not_in_channel"],
    ["a private channel, where nothing can", undefined, "channel_not_found"],
  ] as const)("moves to the team's channel when the app is removed from %s", async (_what, method, code) => {
    const rig = setUp({ ...NOWHERE_ELSE, channel: "C7" });
    await play(rig, PARKED.slice(0, 1));
    const isRefused = (call: FakeCall): boolean => call.channel === "C1" && (method ?? call.method) === call.method;
    rig.slack.fault = (call) => (isRefused(call) ? { kind: "refused", code } : undefined);
    await play(rig, PARKED);
    await rig.clock.advance(10_000);
    expect(rig.slack.of(cardSlot(RUN)).map(({ channel }) => channel)).toEqual(["C1", "C7"]);
    const [gate, ...more] = rig.slack.of(gateSlot(RUN, GATE, 0));
    expect([gate?.channel, gate?.threadTs, more]).toEqual(["C7", rig.slack.of(cardSlot(RUN)).at(-1)?.ts, []]);
    const [told] = rig.slack.of(strayedSlot(RUN));
    expect(told?.shown.at(-1)?.text).toMatch(/invite it there with \/invite/u);
    expect(told?.shown.at(-1)?.text).toContain("The run is shown in <#C7> instead.");
    await play(rig, ALERTED);
    await rig.clock.advance(10_000);
    expect(rig.slack.of(alertSlot(RUN)).map(({ channel }) => channel)).toEqual(["C7"]);
    expect(rig.slack.of(cardSlot(RUN)).length).toBe(2);
  });

  it("tells the requester that nobody can be asked when the app is removed from the only channel, and asks when it is back", async () => {
    const rig = setUp();
    await play(rig, PARKED.slice(0, 1));
    rig.slack.fault = ({ method, channel }) =>
      method === "post" && channel === "C1" ? { kind: "refused", code: "not_in_channel" } : undefined;
    await play(rig, PARKED);
    await rig.clock.advance(10_000);
    expect(rig.slack.of(strayedSlot(RUN))[0]?.shown.at(-1)?.text).toContain("Nobody can be asked for the approval");
    rig.slack.fault = () => undefined;
    await rig.clock.advance(200_000);
    expect(rig.slack.of(cardSlot(RUN)).length).toBe(1);
    expect(rig.slack.of(gateSlot(RUN, GATE, 0)).length).toBe(1);
    expect(rig.slots.slot(cardSlot(RUN))?.lostReason).toBeUndefined();
  });

  it("moves when the next start knows another channel than the one that was lost", async () => {
    const rig = setUp();
    await play(rig, PARKED.slice(0, 1));
    rig.slack.fault = ({ method, channel }) =>
      method === "post" && channel === "C1" ? { kind: "refused", code: "not_in_channel" } : undefined;
    await play(rig, PARKED);
    await rig.outbox[Symbol.asyncDispose]();
    const next = rig.start({ ...NOWHERE_ELSE, channel: "C7" });
    next.presenter.onRunChanged(viewOf(PARKED));
    await rig.clock.advance(10_000);
    expect(rig.slack.of(cardSlot(RUN)).map(({ channel }) => channel)).toEqual(["C1", "C7"]);
    expect(rig.slack.of(gateSlot(RUN, GATE, 0)).map(({ channel }) => channel)).toEqual(["C7"]);
  });

  it("asks for an approval, and calls, beside the card where the channels for that take nothing", async () => {
    const rig = setUp({ channel: "C7", approvals: "C8", alerts: { channel: "C9" } });
    rig.slack.fault = ({ channel }) => (/C[89]/u.test(channel) ? { kind: "refused", code: "is_archived" } : undefined);
    await play(rig, PARKED);
    await rig.clock.advance(5000);
    const [card] = rig.slack.of(cardSlot(RUN));
    expect(rig.slack.of(gateSlot(RUN, GATE, 0)).map(({ threadTs }) => threadTs)).toEqual([card?.ts]);
    await play(rig, ALERTED);
    await rig.clock.advance(5000);
    expect(rig.slack.of(alertSlot(RUN)).map(({ channel }) => channel)).toEqual(["C1"]);
  });

  it("drops a view that is older than the one it shows", async () => {
    const rig = setUp();
    await play(rig, PARKED);
    rig.presenter.onRunChanged(viewOf(PARKED.slice(0, 1)));
    await rig.clock.advance(5000);
    expect(rig.slack.text(cardSlot(RUN))).toContain("waiting for approval");
  });

  it("lets progress wait for its turn and never the end", async () => {
    const rig = setUp();
    const running = [started(), begun(SYNC, "argocd/sync", "action")];
    await play(rig, running);
    for (let done = 1; done <= 30; done += 1) {
      rig.presenter.onRunChanged(viewOf(running, { progress: [[SYNC, { text: "syncing", done, total: 30 }]] }));
      await rig.clock.advance(100);
    }
    const ticks = rig.slack.of(stepSlot(RUN, SYNC))[0]?.shown.length ?? 0;
    expect(ticks).toBeLessThan(5);
    rig.presenter.onRunChanged(viewOf([...running, ended(SYNC)]));
    await rig.clock.advance(200);
    expect(rig.slack.text(stepSlot(RUN, SYNC))).toContain("succeeded");
  });
});

describe("people who look for the messages of a run", () => {
  it("have what they are asked made sure of, also where it is about no environment", () => {
    const { slots } = setUp();
    const looked: string[] = [];
    const outbox = {
      want: () => undefined,
      isSettled: () => false,
      lookAgain: (slot: string) => void looked.push(slot),
    };
    const files = { want: () => undefined, isSettled: () => true };
    const people = { person: () => undefined };
    const store = { markShown: () => undefined };
    const presenter = new Presenter({
      outbox,
      files,
      slots,
      store,
      people,
      lookups: sampleLookups,
      settings: NOWHERE_ELSE,
    });
    const plan = promotePlan({ steps: [step("gate", "approval")] });
    const { state } = new RunSpec([], plan);
    presenter.lookAgain(runView({ state, progress: new Map(), queue: [] }));
    expect(looked).toEqual([cardSlot(state.id), gateSlot(state.id, "promote/gate", 0)]);
  });
});
