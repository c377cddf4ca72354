import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { connectPeer } from "./slack-simulator-peer.ts";

const ANA = "U0ANA00001";
const BEN = "U0BEN00001";
const DEPLOYS = "C0DEPLOYS1";
const PAYMENTS = "G0PAYMENT1";

let slack: SlackSimulator;

beforeEach(async () => {
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    acknowledgeMs: 300,
  });
});

afterEach(() => slack.stop());

const get = (path: string) => fetch(`${slack.url}${path}`);
const act = (name: string, args: object, type = "application/json") =>
  fetch(`${slack.url}/_control/${name}`, {
    method: "POST",
    headers: { "Content-Type": type },
    body: JSON.stringify(args),
  });

describe("the controls", () => {
  test("act as a person and tell what the person saw", async () => {
    const response = await act("type-command", { user: ANA, channel: "deploys", text: "/promote checkout" });
    expect(await response.json()).toMatchObject({ status: "failed", error: "dispatch_failed", shown: { viewer: ANA } });
  });

  test("take JSON only, so that a page of another site cannot use them", async () => {
    const args = { user: ANA, channel: DEPLOYS, text: "hello" };
    expect((await act("type-message", args, "text/plain")).status).toBe(404);
    expect(slack.world.messages.all(DEPLOYS)).toEqual([]);
    expect((await act("type-message", args)).status).toBe(200);
  });

  test("say what is wrong with their arguments, and with the act", async () => {
    const wrong = await act("type-message", { user: ANA, channel: DEPLOYS });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: expect.stringContaining("text") }]);
    const impossible = await act("type-message", { user: "U0DORA0001", channel: DEPLOYS, text: "x" });
    expect(await impossible.json()).toMatchObject({ code: "slack-simulator.deactivated" });
    expect((await act("constructor", {})).status).toBe(404);
  });

  test.each([
    ["change-user", { user: BEN, deactivated: true }, () => slack.world.workspace.user(BEN)?.deactivated],
    [
      "set-group-members",
      { group: "S0ONCALL01", members: [BEN] },
      () => slack.world.workspace.group("S0ONCALL01")?.members.includes(BEN),
    ],
    ["remove-group", { group: "S0ONCALL01" }, () => slack.world.workspace.group("S0ONCALL01") === undefined],
    ["add-member", { channel: "payments-deploys", user: BEN }, () => slack.world.workspace.isMember(PAYMENTS, BEN)],
    ["remove-member", { channel: "deploys", user: BEN }, () => !slack.world.workspace.isMember(DEPLOYS, BEN)],
    ["archive", { channel: "deploys" }, () => slack.world.workspace.channel(DEPLOYS)?.archived],
    ["set-rate-limit-multiplier", { multiplier: null }, () => slack.world.rateLimits.multiplier === Infinity],
    ["refuse-upgrades", { on: true }, () => slack.socket.refusesUpgrades],
    ["delay-deliveries", { ms: 5 }, () => slack.socket.delayMs === 5],
    ["delay-acknowledgements", { ms: 5 }, () => slack.socket.acknowledgementDelayMs === 5],
  ] as const)("%s", async (name, args, done) => {
    expect(done()).toBe(false);
    expect((await act(name, args)).status).toBe(200);
    expect(done()).toBe(true);
  });

  test("add-fault, clear-faults, outage and end-outage change what the app meets", async () => {
    const auth = async () =>
      (await fetch(`${slack.apiUrl}auth.test`, { headers: { Authorization: "Bearer xoxb-demo" } })).status;
    expect(await auth()).toBe(200);
    await act("add-fault", { method: "auth.test", fault: { kind: "status", status: 500 } });
    expect(await auth()).toBe(500);
    await act("clear-faults", {});
    expect(await auth()).toBe(200);
    await act("outage", { kind: "unavailable" });
    expect(await auth()).toBe(503);
    await act("end-outage", {});
    expect(await auth()).toBe(200);
    await act("outage", { kind: "unavailable", durationMs: 20 });
    await expect.poll(auth).toBe(200);
  });

  test("refuse-token and clear-journal", async () => {
    const auth = async () =>
      (await fetch(`${slack.apiUrl}auth.test`, { headers: { Authorization: "Bearer xoxb-demo" } })).json();
    await act("refuse-token", { token: "bot", error: "account_inactive" });
    expect(await auth()).toEqual({ ok: false, error: "account_inactive" });
    await act("refuse-token", { token: "bot", error: null });
    expect(await auth()).toMatchObject({ ok: true });
    expect(slack.world.journal.calls("auth.test")).toHaveLength(2);
    await act("clear-journal", {});
    expect(await (await get("/_control/calls?method=auth.test")).json()).toEqual([]);
  });

  test("delete-message is what an administrator does to a card", async () => {
    const { ts } = slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "gone soon" });
    expect((await act("delete-message", { channel: "deploys", ts })).status).toBe(200);
    expect(slack.world.messages.message(DEPLOYS, ts)).toBeUndefined();
    expect((await act("delete-message", { channel: "deploys", ts })).status).toBe(400);
  });

  test("let others look at messages, views, deliveries and the workspace", async () => {
    slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "hello" });
    expect(await (await get("/_control/messages?channel=deploys&user=U0BEN00001")).json()).toMatchObject([
      { text: "hello" },
    ]);
    expect(await (await get("/_control/messages?channel=deploys")).json()).toHaveLength(1);
    expect(await (await get(`/_control/views?user=${ANA}`)).json()).toEqual({ modals: [], home: null });
    expect(await (await get("/_control/deliveries")).json()).toEqual([]);
    expect(await (await get("/_control/workspace")).json()).toMatchObject({ team: { domain: "harbor" } });
    expect((await get("/_control/messages?channel=nowhere")).status).toBe(400);
    expect((await get("/_control/secrets")).status).toBe(404);
  });
});

describe("the controls of people", () => {
  const button = { type: "button", action_id: "go", value: "1", text: { type: "plain_text", text: "Go" } };
  const modal = {
    type: "modal",
    notify_on_close: true,
    title: { type: "plain_text", text: "Form" },
    submit: { type: "plain_text", text: "Send" },
    blocks: [
      { type: "actions", block_id: "a", elements: [button] },
      {
        type: "input",
        block_id: "s",
        optional: true,
        label: { type: "plain_text", text: "Service" },
        element: { type: "external_select", action_id: "service" },
      },
    ],
  };

  test("reach the app through its socket", async () => {
    const peer = await connectPeer(slack);
    const { id: user } = slack.world.workspace.requireUser(ANA);
    const { ts } = slack.world.messages.add({
      channel: DEPLOYS,
      user: "U0QUARTER1",
      text: "card",
      blocks: [{ type: "actions", block_id: "a", elements: [button] }],
    });
    const open = () => slack.world.views.open(ANA, modal).id;
    const acts: readonly [string, () => object][] = [
      ["click", () => ({ user, channel: DEPLOYS, ts, actionId: "go" })],
      ["click-in-view", () => ({ user, viewId: open(), actionId: "go" })],
      ["ask-options", () => ({ user, viewId: open(), actionId: "service", typed: "web" })],
      ["submit-modal", () => ({ user, viewId: open(), values: { service: "web" } })],
      ["close-modal", () => ({ user, viewId: open(), all: true })],
      ["open-home", () => ({ user, tab: "home" })],
      ["run-shortcut", () => ({ user, callbackId: "details", message: { channel: DEPLOYS, ts } })],
    ];
    for (const [name, args] of acts) expect([name, (await act(name, args())).status]).toEqual([name, 200]);
    const kinds = peer.frames.slice(1).map((frame) => {
      const payload = z.looseObject({ type: z.string() }).parse(frame.payload);
      return payload.type;
    });
    expect(kinds).toEqual([
      "block_actions",
      "block_actions",
      "block_suggestion",
      "view_submission",
      "view_closed",
      "event_callback",
      "message_action",
    ]);
  });
});

describe("the controls of sockets", () => {
  const type = () => act("type-command", { user: ANA, channel: DEPLOYS, text: "/qd status" });

  test("refresh-connection and kill-connection end connections", async () => {
    const [first, second] = [await connectPeer(slack), await connectPeer(slack)];
    await act("refresh-connection", { id: slack.socket.connections[0]?.id, reason: "link_disabled", closeAfterMs: 5 });
    await expect.poll(() => first.frames.at(-1)).toMatchObject({ type: "disconnect", reason: "link_disabled" });
    await act("kill-connection", {});
    await expect.poll(() => second.socket.readyState).toBe(second.socket.CLOSED);
  });

  test("hold-deliveries and release-deliveries keep payloads back, duplicate-next doubles one", async () => {
    const peer = await connectPeer(slack);
    await act("hold-deliveries", {});
    await act("duplicate-next", { times: 1 });
    const typing = type();
    await act("release-deliveries", { order: "in-order" });
    expect((await typing).status).toBe(200);
    await expect.poll(() => peer.texts).toEqual(["status", "status"]);
  });

  test("withhold-pongs leaves pings unanswered, send-raw sends anything", async () => {
    const peer = await connectPeer(slack);
    await act("withhold-pongs", { on: true });
    peer.socket.ping();
    await act("send-raw", { text: "junk" });
    await act("send-raw", { text: "junk", binary: true });
    await expect
      .poll(() => peer.raw.slice(1))
      .toEqual([
        { text: "junk", binary: false },
        { text: "junk", binary: true },
      ]);
    expect(peer.pongs).toBe(0);
  });
});
