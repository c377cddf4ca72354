import { describe, expect, test } from "vitest";

import type { SlackDeliveryOutcome, SlackEnvelope } from "../../../src/simulator/slack-delivery.ts";
import { SlackEvents } from "../../../src/simulator/slack-events.ts";
import { SlackPeople } from "../../../src/simulator/slack-people.ts";
import { ANA, createTestSlack, DEPLOYS, GENERAL, PAYMENTS, PRIYA, section } from "./slack-test-world.ts";

/** People in a workspace whose app answers as `answer` says, and everything that was delivered to it. */
function createPeople(answer: (envelope: SlackEnvelope) => SlackDeliveryOutcome = () => acknowledged({})) {
  const slack = createTestSlack();
  const delivered: SlackEnvelope[] = [];
  const stopping = new AbortController();
  const delivery = () => ({
    deliver: (envelope: SlackEnvelope) => {
      delivered.push(envelope);
      return Promise.resolve(answer(envelope));
    },
  });
  const events = new SlackEvents({ world: slack.world, delivery, signal: stopping.signal });
  return { ...slack, delivered, stopping, people: new SlackPeople({ world: slack.world, delivery, events }) };
}

function acknowledged(payload: unknown): SlackDeliveryOutcome {
  return { status: "acknowledged", payload, afterMs: 5 };
}

const button = (text: string, value: string) => ({
  type: "button",
  action_id: "decide",
  text: { type: "plain_text", text },
  value,
});
const card = (text: string, value: string) => [
  { type: "actions", block_id: `b-${value}`, elements: [button(text, value)] },
];

describe("typing a command", () => {
  test("delivers the fields of a command with mentions, channels and links as tokens", async () => {
    const { people, delivered } = createPeople();
    const text =
      "/promote checkout <b> & @priya @release-approvers @nobody #deploys #payments-deploys https://a.example/x";
    await people.typeCommand({ user: ANA, channel: PAYMENTS, text });
    expect(delivered).toMatchObject([
      {
        type: "slash_commands",
        payload: {
          command: "/promote",
          text: `checkout &lt;b&gt; &amp; <@${PRIYA}> <!subteam^S0APPROVE1|@release-approvers> @nobody <#${DEPLOYS}|deploys> <#${PAYMENTS}|> <https://a.example/x|https://a.example/x>`,
          team_id: "T0HARBOR01",
          user_id: ANA,
          channel_id: PAYMENTS,
          channel_name: "privategroup",
          api_app_id: "A0QUARTER1",
          is_enterprise_install: "false",
          trigger_id: expect.stringMatching(/^\d+\.\d+\.[0-9a-f]+$/u),
          response_url: expect.stringMatching(/^http:\/\/slack\.test\/response\//u),
        },
      },
    ]);
  });

  test("shows the text of the acknowledgement to that person only", async () => {
    const { people, world } = createPeople(() => acknowledged({ text: "no such service" }));
    const result = await people.typeCommand({ user: ANA, channel: "deploys", text: "/promote" });
    expect(result).toMatchObject({ status: "acknowledged", shown: { text: "no such service", viewer: ANA } });
    expect(world.messages.seenBy(PRIYA, DEPLOYS)).toEqual([]);
  });

  test("shows an answer for the channel to all, after the command itself", async () => {
    const { people, world } = createPeople(() => acknowledged({ text: "starting", response_type: "in_channel" }));
    await people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/qd status" });
    expect(world.messages.seenBy(PRIYA, DEPLOYS)).toMatchObject([
      { user: ANA, text: "/qd status" },
      { text: "starting" },
    ]);
  });

  test.each([
    [{ status: "timeout" }, "operation_timeout"],
    [{ status: "unreachable" }, "dispatch_failed"],
    [acknowledged({ blocks: [{ type: "section" }] }), "dispatch_unknown_error"],
  ] as const)("%o is shown as %s", async (outcome, error) => {
    const { people } = createPeople(() => outcome);
    expect(await people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/promote x" })).toMatchObject({
      status: "failed",
      error,
      shown: { viewer: ANA, text: `/promote failed with the error "${error}"` },
    });
  });

  test("Slack itself refuses unknown commands, commands in threads and those of strangers", async () => {
    const { people, delivered } = createPeople();
    const type = (typed: { user?: string; channel?: string; text?: string; threadTs?: string }) =>
      people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/promote", ...typed });
    expect(await type({ text: "/deploy now" })).toMatchObject({
      status: "refused",
      shown: { text: "/deploy is not a valid command." },
    });
    expect(await type({ threadTs: "1.000001" })).toMatchObject({ status: "refused" });
    expect(await type({ user: "U0SAM00001", channel: "partners" })).toMatchObject({ status: "refused" });
    expect(delivered).toEqual([]);
  });

  test("/invite brings the app into a channel", async () => {
    const { people, world } = createPeople();
    await people.typeCommand({ user: ANA, channel: GENERAL, text: "/invite @quarterdeck" });
    expect(world.workspace.isMember(GENERAL, "U0QUARTER1")).toBe(true);
  });

  test("the deactivated cannot act, nor can anyone where they see nothing", async () => {
    const { people } = createPeople();
    const type = (user: string, channel: string) => people.typeCommand({ user, channel, text: "/promote" });
    await expect(type("U0DORA0001", DEPLOYS)).rejects.toMatchObject({ code: "slack-simulator.deactivated" });
    await expect(type("U0BEN00001", PAYMENTS)).rejects.toMatchObject({ code: "slack-simulator.not-visible" });
    await expect(type("U0SAM00001", DEPLOYS)).rejects.toMatchObject({ code: "slack-simulator.not-visible" });
  });
});

describe("clicking", () => {
  test("delivers the action with its container, the whole message and a response URL", async () => {
    const { people, delivered, post } = createPeople();
    const parent = post({ text: "card" });
    const ts = post({ text: "approve?", blocks: card("Approve", "apr_1"), thread_ts: parent });
    expect(await people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: "decide" })).toMatchObject({
      status: "acknowledged",
    });
    expect(delivered[0]).toMatchObject({
      type: "interactive",
      payload: {
        type: "block_actions",
        user: { id: PRIYA, username: "priya", team_id: "T0HARBOR01" },
        container: { type: "message", message_ts: ts, channel_id: DEPLOYS, is_ephemeral: false, thread_ts: parent },
        channel: { id: DEPLOYS, name: "deploys" },
        message: { ts, thread_ts: parent, blocks: [{ block_id: "b-apr_1" }] },
        actions: [
          { action_id: "decide", block_id: "b-apr_1", type: "button", value: "apr_1", text: { text: "Approve" } },
        ],
      },
    });
  });

  test("two people at once are two deliveries with triggers of their own", async () => {
    const { people, delivered, post } = createPeople();
    const ts = post({ text: "approve?", blocks: card("Approve", "apr_1") });
    const click = (user: string) => people.click({ user, channel: DEPLOYS, ts, actionId: "decide" });
    await Promise.all([click(PRIYA), click("U0MARCO001"), click(PRIYA)]);
    expect(new Set(delivered.map(({ payload }) => payload["trigger_id"])).size).toBe(3);
  });

  test("someone may still click what an older rendering showed, also after the message is gone", async () => {
    const { people, delivered, call, post } = createPeople();
    const ts = post({ text: "approve?", blocks: card("Approve", "apr_1") });
    const stale = { blockId: "b-apr_1", element: button("Approve", "apr_1") };
    call("chat.update", { channel: DEPLOYS, ts, text: "decided" });
    const click = { user: PRIYA, channel: DEPLOYS, ts, actionId: "decide" };
    await expect(people.click(click)).rejects.toMatchObject({ code: "slack-simulator.no-element" });
    await people.click({ ...click, stale });
    expect(delivered[0]?.payload).toMatchObject({ actions: [{ value: "apr_1" }], message: { text: "decided" } });
    call("chat.delete", { channel: DEPLOYS, ts });
    await people.click({ ...click, stale });
    expect(delivered[1]?.payload).not.toHaveProperty("message");
  });

  test("a private message can be clicked by its viewer only, and is not sent along", async () => {
    const { people, delivered, call } = createPeople();
    const answer = call("chat.postEphemeral", { channel: DEPLOYS, user: ANA, text: "x", blocks: card("OK", "1") });
    const ts = String(answer["message_ts"]);
    await people.click({ user: ANA, channel: DEPLOYS, ts, actionId: "decide" });
    expect(delivered[0]?.payload).toMatchObject({ container: { is_ephemeral: true } });
    expect(delivered[0]?.payload).not.toHaveProperty("message");
    await expect(people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: "decide" })).rejects.toThrow(
      "There is no decide",
    );
  });

  test("a choice in a select arrives as the whole option, with the state of the message", async () => {
    const { people, delivered, post } = createPeople();
    const option = (value: string) => ({ text: { type: "plain_text", text: value.toUpperCase() }, value });
    const elements = [
      { type: "static_select", action_id: "env", options: [option("qa"), option("prod")] },
      { type: "users_select", action_id: "who", initial_user: ANA },
    ];
    const ts = post({ text: "choose", blocks: [{ type: "actions", block_id: "b", elements }] });
    await people.click({ user: ANA, channel: DEPLOYS, ts, actionId: "env", value: "prod", values: { env: "prod" } });
    expect(delivered[0]?.payload).toMatchObject({
      actions: [{ action_id: "env", type: "static_select", selected_option: option("prod") }],
      state: {
        values: { b: { env: { selected_option: option("prod") }, who: { type: "users_select", selected_user: ANA } } },
      },
    });
  });

  test("a click that is not acknowledged has failed for the person", async () => {
    const { people, post } = createPeople(() => ({ status: "timeout" }));
    const ts = post({ text: "approve?", blocks: card("Approve", "apr_1") });
    const result = await people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId: "decide" });
    expect(result).toEqual({ status: "failed", error: "operation_timeout" });
  });
});

describe("modals", () => {
  const input = (blockId: string, element: object, optional = false) => ({
    type: "input",
    block_id: blockId,
    label: { type: "plain_text", text: blockId },
    element,
    optional,
  });
  const form = (more: object = {}) => ({
    type: "modal",
    callback_id: "reject",
    private_metadata: "apr_1",
    title: { type: "plain_text", text: "Reject" },
    submit: { type: "plain_text", text: "Send" },
    blocks: [
      input("why", { type: "plain_text_input", action_id: "reason" }),
      input("which", { type: "external_select", action_id: "service" }, true),
      input(
        "how",
        {
          type: "checkboxes",
          action_id: "flags",
          options: [{ text: { type: "plain_text", text: "Now" }, value: "now" }],
        },
        true,
      ),
    ],
    ...more,
  });

  test("an input that is required is checked before the app is asked", async () => {
    const { people, world, delivered } = createPeople();
    world.views.open(ANA, form());
    expect(await people.submitModal({ user: ANA, values: { reason: "" } })).toEqual({
      status: "incomplete",
      errors: { why: "Please complete this required field." },
    });
    expect(delivered).toEqual([]);
  });

  test("a submission carries what was typed and chosen, and an empty answer closes the modal", async () => {
    const { people, world, delivered } = createPeople();
    world.views.open(ANA, form());
    const values = { reason: "not now", service: "web", flags: ["now"] };
    expect(await people.submitModal({ user: ANA, values })).toEqual({ status: "closed" });
    expect(delivered[0]?.payload).toMatchObject({
      type: "view_submission",
      user: { id: ANA },
      view: {
        callback_id: "reject",
        private_metadata: "apr_1",
        state: {
          values: {
            why: { reason: { type: "plain_text_input", value: "not now" } },
            which: { service: { selected_option: { value: "web" } } },
            how: { flags: { selected_options: [{ value: "now" }] } },
          },
        },
      },
    });
    expect(world.views.stack(ANA)).toEqual([]);
  });

  test.each([
    ["errors", { errors: { why: "too short" } }, 1, { status: "errors", errors: { why: "too short" } }],
    [
      "update",
      { view: form({ callback_id: "second" }) },
      1,
      { status: "updated", view: { source: { callback_id: "second" } } },
    ],
    ["push", { view: form({ callback_id: "second" }) }, 2, { status: "pushed" }],
    ["clear", {}, 0, { status: "cleared" }],
    ["push", { view: { type: "modal" } }, 1, { status: "failed", error: "invalid_arguments" }],
  ])("the answer %s is obeyed", async (action, more, left, expected) => {
    const { people, world } = createPeople(() => acknowledged({ response_action: action, ...more }));
    world.views.open(ANA, form());
    expect(await people.submitModal({ user: ANA, values: { reason: "x" } })).toMatchObject(expected);
    expect(world.views.stack(ANA)).toHaveLength(left);
  });

  test("closing is told to the app only where the view asks for it", async () => {
    const { people, world, delivered } = createPeople();
    world.views.open(ANA, form());
    expect(await people.closeModal({ user: ANA })).toBeUndefined();
    world.views.open(ANA, form({ notify_on_close: true }));
    await people.closeModal({ user: ANA, all: true });
    expect(delivered).toMatchObject([
      { payload: { type: "view_closed", is_cleared: true, view: { callback_id: "reject" } } },
    ]);
    await expect(people.closeModal({ user: ANA })).rejects.toMatchObject({ code: "slack-simulator.no-view" });
  });

  test("an external select asks the app for its options while one types", async () => {
    const option = { text: { type: "plain_text", text: "Web" }, value: "web" };
    const { people, world, delivered } = createPeople(() => acknowledged({ option_groups: [{ options: [option] }] }));
    const view = world.views.open(ANA, form());
    const ask = { user: ANA, viewId: view.id, actionId: "service", typed: "we" };
    expect(await people.askOptions(ask)).toEqual([{ label: "Web", value: "web" }]);
    expect(delivered[0]?.payload).toMatchObject({
      type: "block_suggestion",
      action_id: "service",
      block_id: "which",
      value: "we",
    });
  });

  test("a button in a view is delivered with the view and without a channel", async () => {
    const { people, world, delivered } = createPeople();
    const view = world.views.open(ANA, form({ blocks: card("More", "1") }));
    await people.clickInView({ user: ANA, viewId: view.id, actionId: "decide" });
    expect(delivered[0]?.payload).toMatchObject({
      container: { type: "view", view_id: view.id },
      view: { hash: view.hash },
    });
    expect(delivered[0]?.payload).not.toHaveProperty("channel");
    await expect(people.clickInView({ user: PRIYA, viewId: view.id, actionId: "decide" })).rejects.toThrow(
      "no open view",
    );
  });
});

describe("events", () => {
  test("a mention reaches the app where it is a member", async () => {
    const { people, delivered } = createPeople();
    people.typeMessage({ user: ANA, channel: GENERAL, text: "@quarterdeck hello" });
    expect(delivered).toEqual([]);
    people.typeMessage({ user: ANA, channel: DEPLOYS, text: "@quarterdeck hello" });
    expect(delivered).toMatchObject([
      {
        type: "events_api",
        payload: {
          type: "event_callback",
          team_id: "T0HARBOR01",
          event: { type: "app_mention", text: "<@U0QUARTER1> hello", user: ANA, channel: DEPLOYS },
          authorizations: [{ user_id: "U0QUARTER1", is_bot: true }],
        },
      },
    ]);
  });

  test("an event that is not acknowledged comes again at once, after a minute and after five", async () => {
    const { clock, people, delivered } = createPeople(() => ({ status: "timeout" }));
    const opened = people.openHome({ user: ANA });
    await clock.advance(0);
    expect(delivered).toHaveLength(2);
    await clock.advance(60_000);
    expect(delivered).toHaveLength(3);
    await clock.advance(300_000);
    expect(await opened).toEqual({ status: "timeout" });
    expect(delivered.map(({ retry }) => retry?.attempt)).toEqual([undefined, 1, 2, 3]);
    expect(new Set(delivered.map(({ payload }) => payload["event_id"])).size).toBe(1);
  });

  test("opening the Home tab carries what the person has there", async () => {
    const { people, call, delivered } = createPeople();
    call("views.publish", { user_id: ANA, view: { type: "home", blocks: [section("yours")] } });
    await people.openHome({ user: ANA });
    expect(delivered[0]?.payload["event"]).toMatchObject({
      type: "app_home_opened",
      tab: "home",
      user: ANA,
      view: { type: "home" },
    });
  });

  test("shortcuts come with a trigger, those on messages with the message", async () => {
    const { people, delivered, post } = createPeople();
    const ts = post({ text: "card" });
    await people.runShortcut({ user: ANA, callbackId: "promote" });
    await people.runShortcut({ user: ANA, callbackId: "details", message: { channel: DEPLOYS, ts } });
    expect(delivered.map(({ payload }) => payload)).toMatchObject([
      { type: "shortcut", callback_id: "promote" },
      {
        type: "message_action",
        callback_id: "details",
        message: { text: "card" },
        message_ts: ts,
        channel: { id: DEPLOYS },
      },
    ]);
  });
});
