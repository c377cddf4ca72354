import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { notice } from "../../src/engine/answer.ts";
import { AppError } from "../../src/platform/errors.ts";
import { APPROVE_ACTION, gateActionText, REJECT_ACTION } from "../../src/slack/action-value.ts";
import { actions, button, message, section } from "../../src/slack/blocks.ts";
import { gateSlot } from "../../src/slack/slot-ids.ts";
import { ANA, DEPLOYS, GENERAL, PRIYA, type SlackRig, startSlackRig, TEAM } from "./slack-rig.ts";
import { eventually } from "../support/eventually.ts";

const PATH = "promote/for-each[prod]/gate";
const ACTION = { run: "run_1", path: PATH, attempt: 2, digest: "d1" };

let rig: SlackRig;

beforeEach(async () => {
  rig = await startSlackRig();
});

afterEach(async () => {
  await rig.stop();
});

const type = (text: string, channel = DEPLOYS) =>
  rig.simulator.people.typeCommand({ user: ANA, channel, text: `/promote ${text}` });

const bothConnected = () => eventually(() => expect(rig.app.connected).toBe(2));

/** Posts a request for an approval as the outbox would, and answers its `ts`. */
async function postGate(): Promise<string> {
  const value = gateActionText(ACTION);
  const content = message("Approve?", [
    section("Approve?"),
    actions(
      button({ text: "Approve", actionId: APPROVE_ACTION, value }),
      button({ text: "Reject", actionId: REJECT_ACTION, value }),
    ),
  ]);
  const slot = gateSlot(ACTION.run, PATH, 0);
  rig.outbox.want({ slot, team: TEAM, channel: DEPLOYS, content, priority: 1, terminal: false });
  await eventually(() => expect(rig.slots.slot(slot)?.ts).toBeDefined());
  return rig.slots.slot(slot)?.ts ?? "";
}

describe("a command", () => {
  it("is acknowledged only after it has been recorded, with the first answer", async () => {
    await rig.app.start();
    const recorded = Promise.withResolvers<void>();
    rig.door.answer = async () => {
      await recorded.promise;
      return notice("resolving", "Looking into it.");
    };
    const typing = type("checkout abc123 to prod");
    await eventually(() => expect(rig.door.arrived.length).toBe(1));
    expect(rig.simulator.world.journal.deliveries().at(-1)?.acknowledgedAtMs).toBeUndefined();
    recorded.resolve();
    await typing;
    expect(rig.seen(ANA, DEPLOYS).at(-1)).toContain("Looking into it.");
    expect(rig.seen(PRIYA, DEPLOYS)).toEqual([]);
    expect(rig.door.arrived[0]?.arrival).toMatchObject({
      kind: "slash",
      command: "/promote",
      text: "checkout abc123 to prod",
      user: ANA,
      team: TEAM,
      channel: DEPLOYS,
    });
  });

  it("that cannot be recorded is answered with that, and nothing is said to have happened", async () => {
    await rig.app.start();
    rig.door.answer = () => Promise.reject(new AppError("no space left", { code: "store.full" }));
    const result = await type("checkout abc123 to prod");
    expect(result).toMatchObject({ status: "acknowledged" });
    expect(rig.seen(ANA, DEPLOYS).at(-1)).toMatch(/did not happen.*disk of Quarterdeck is full/u);
  });

  it("that takes long to be recorded is acknowledged in time, and answered when it is", async () => {
    await rig.app.start();
    const recorded = Promise.withResolvers<void>();
    rig.door.answer = async () => {
      await recorded.promise;
      return notice("run.started", "run_7FQ2 has started.");
    };
    const result = await type("checkout abc123 to prod");
    expect(result).toMatchObject({ status: "acknowledged" });
    expect(rig.seen(ANA, DEPLOYS).at(-1)).toContain("slow to write this down");
    recorded.resolve();
    await eventually(() => expect(rig.seen(ANA, DEPLOYS).at(-1)).toContain("run_7FQ2 has started."));
  });

  it("typed where the app is not a member is answered too", async () => {
    await rig.app.start();
    rig.door.answer = () => Promise.resolve(notice("usage.mistake", "There is no such thing."));
    await type("nonsense", GENERAL);
    expect(rig.seen(ANA, GENERAL).at(-1)).toContain("There is no such thing.");
  });

  it("delivered twice arrives twice with the same key", async () => {
    await rig.app.start();
    await bothConnected();
    rig.simulator.socket.duplicateNext(1);
    await type("checkout abc123 to prod");
    await eventually(() => expect(rig.door.arrived.length).toBe(2));
    expect(rig.door.arrived[0]?.key).toBe(rig.door.arrived[1]?.key);
  });
});

describe("a decision", () => {
  it("to approve carries what the button was about, and whether it was the current message", async () => {
    await rig.app.start();
    const ts = await postGate();
    rig.door.answer = () => Promise.resolve(undefined);
    const result = await rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: APPROVE_ACTION });
    expect(result.status).toBe("acknowledged");
    expect(rig.door.arrived[0]?.arrival).toMatchObject({
      ...ACTION,
      kind: "decision",
      decision: "approve",
      isCurrent: true,
      user: PRIYA,
      team: TEAM,
    });
    const slot = rig.slots.slot(gateSlot(ACTION.run, PATH, 0));
    if (slot !== undefined) rig.slots.records.set(slot.slot, { ...slot, ts: "1.000001" });
    await rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: APPROVE_ACTION });
    expect(rig.door.arrived[1]?.arrival).toMatchObject({ isCurrent: false });
  });

  it("to reject opens a form, and is recorded with the reason when the form is sent", async () => {
    await rig.app.start();
    const ts = await postGate();
    await rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: REJECT_ACTION });
    const view = await eventually(() => openView());
    expect(rig.door.arrived).toEqual([]);
    const result = await rig.simulator.people.submitModal({
      user: PRIYA,
      viewId: view,
      values: { text: "Not *today*" },
    });
    expect(result.status).toBe("closed");
    expect(rig.door.arrived[0]?.arrival).toMatchObject({
      ...ACTION,
      decision: "reject",
      reason: "Not *today*",
      isCurrent: true,
      channel: DEPLOYS,
    });
  });

  it("to reject keeps the form open when it cannot be recorded", async () => {
    await rig.app.start();
    const ts = await postGate();
    await rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: REJECT_ACTION });
    const view = await eventually(() => openView());
    rig.door.answer = () => Promise.reject(new AppError("busy", { code: "store.busy" }));
    const result = await rig.simulator.people.submitModal({ user: PRIYA, viewId: view, values: { text: "no" } });
    expect(result.status).toBe("errors");
  });

  it("whose form Slack does not open in time is told to be tried again", async () => {
    await rig.app.start();
    const ts = await postGate();
    rig.simulator.world.faults.add({ method: "views.open", fault: { kind: "error", error: "expired_trigger_id" } });
    await rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: REJECT_ACTION });
    await eventually(() => expect(rig.seen(PRIYA, DEPLOYS).at(-1)).toContain("Press Reject again"));
    expect(rig.door.arrived).toEqual([]);
  });
});

function openView(): string {
  const views = rig.simulator.world.journal.calls("views.open");
  const view: unknown = views.at(-1)?.answer?.["view"];
  if (typeof view === "object" && view !== null && "id" in view) return String(view.id);
  throw new Error("no form is open");
}

// Slack says about ten seconds ahead that it will close a connection.
const LEAVING_MS = 3000;

describe("the connections", () => {
  it.each([
    { asked: "one of two", options: {} },
    { asked: "one that Slack still routes to and never closes", options: { keepsRouting: true, closesTcp: false } },
    { asked: "both, while Slack still routes to them", options: { keepsRouting: true }, all: true },
  ])("are renewed before they are left, so that no command fails when Slack refreshes $asked", async (refresh) => {
    await rig.app.start();
    await bothConnected();
    const results: ReturnType<typeof type>[] = [];
    const typing = setInterval(() => results.push(type("checkout abc123 to prod")), 10);
    onTestFinished(() => clearInterval(typing));
    const before = rig.simulator.socket.connections;
    const left = refresh.all === true ? before : before.slice(0, 1);
    for (const { id } of left) rig.simulator.socket.refresh({ ...refresh.options, id, closeAfterMs: LEAVING_MS });
    const fresh = () => rig.simulator.socket.connections.filter((one) => !before.includes(one));
    await eventually(() => expect(fresh().length).toBe(left.length));
    const soFar = results.length;
    await eventually(() => expect(results.length).toBeGreaterThan(soFar + 100));
    clearInterval(typing);
    const statuses = (await Promise.all(results)).map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(50);
    expect(statuses.filter((status) => status !== "acknowledged")).toEqual([]);
  });

  it("come back soon after both were cut and Slack refused new ones for a while", async () => {
    await rig.app.start();
    await bothConnected();
    rig.simulator.socket.refusesUpgrades = true;
    rig.simulator.socket.kill();
    await eventually(() => expect(rig.app.connected).toBe(0));
    await eventually(() =>
      expect(rig.simulator.world.journal.calls("apps.connections.open").length).toBeGreaterThan(5),
    );
    rig.simulator.socket.refusesUpgrades = false;
    await eventually(() => expect(rig.app.connected).toBeGreaterThan(0));
    await type("checkout abc123 to prod");
    expect(rig.door.arrived.length).toBe(1);
  });

  it("live through frames of every kind", async () => {
    await rig.app.start();
    await bothConnected();
    const frames = [
      "null",
      "{",
      "[]",
      '"text"',
      '{"type":"surprise"}',
      '{"type":"events_api","envelope_id":"e1","payload":{"type":"app_rate_limited","minute_rate_limited":1}}',
      '{"type":"events_api","envelope_id":"e2"}',
      '{"type":"slash_commands","envelope_id":"e3"}',
      '{"type":"slash_commands","envelope_id":"e4","payload":{}}',
      '{"type":"interactive","envelope_id":"e5","payload":{"type":"block_actions"}}',
      '{"type":"interactive","envelope_id":"e6","payload":{"type":"block_actions","actions":[{"action_id":"x"}]}}',
      '{"type":"interactive","envelope_id":"e7","payload":{"type":"view_submission"}}',
      '{"type":"interactive","envelope_id":"e8","payload":{"type":"shortcut","callback_id":"x"}}',
    ];
    for (const frame of frames) rig.simulator.socket.sendRaw(frame);
    rig.simulator.socket.sendRaw(Buffer.from([0, 1, 2]));
    const result = await type("checkout abc123 to prod");
    expect(result).toMatchObject({ status: "acknowledged" });
    expect(rig.app.connected).toBe(2);
  });
});

describe("the tokens", () => {
  it("that Slack refuses stop the start, with what to do", async () => {
    const other = await startSlackRig({ appToken: "xapp-1-wrong" });
    await expect(other.app.start()).rejects.toMatchObject({
      code: "slack.app-token-refused",
      message: expect.stringContaining("SLACK_APP_TOKEN"),
    });
    await other.stop();
  });
});
