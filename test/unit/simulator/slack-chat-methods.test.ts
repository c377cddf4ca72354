import { describe, expect, test } from "vitest";

import { slackDemoWorkspace } from "../../../src/simulator/slack-demo-workspace.ts";
import { ANA, BOT, createTestSlack, DEPLOYS, GENERAL, PAYMENTS, PRIYA, section } from "./slack-test-world.ts";

describe("chat.postMessage", () => {
  test("answers the message with made-up block ids and the app as its author", () => {
    const { call } = createTestSlack();
    const answer = call("chat.postMessage", {
      channel: DEPLOYS,
      text: "hello",
      blocks: JSON.stringify([section("hello"), { type: "divider", block_id: "mine" }]),
    });
    expect(answer).toMatchObject({ ok: true, channel: DEPLOYS, ts: expect.stringMatching(/^\d{10}\.\d{6}$/u) });
    expect(answer["message"]).toMatchObject({
      type: "message",
      user: BOT,
      bot_id: slackDemoWorkspace.app.botId,
      team: slackDemoWorkspace.team.id,
      text: "hello",
      blocks: [
        { type: "section", block_id: expect.stringMatching(/.{5}/u) },
        { type: "divider", block_id: "mine" },
      ],
    });
  });

  test.each([
    ["a channel that does not exist", { channel: "C0NOWHERE" }, "channel_not_found"],
    ["a public channel without the app", { channel: GENERAL }, "not_in_channel"],
    ["nothing to say", { text: "" }, "no_text"],
    ["blocks that are no JSON", { blocks: "[{" }, "invalid_blocks_format"],
    ["blocks that are no list", { blocks: "{}" }, "invalid_blocks_format"],
    [
      "too many attachments",
      { attachments: Array.from({ length: 101 }, () => ({ text: "a" })) },
      "too_many_attachments",
    ],
    ["markdown beside text", { markdown_text: "**a**" }, "markdown_text_conflict"],
    [
      "too much text in blocks",
      { blocks: Array.from({ length: 5 }, () => section("x".repeat(2900))) },
      "msg_blocks_too_long",
    ],
    [
      "large metadata",
      { metadata: { event_type: "run", event_payload: { text: "x".repeat(5000) } } },
      "metadata_too_large",
    ],
    ["metadata without a type", { metadata: { slot: "1" } }, "invalid_metadata_format"],
    ["a thread that is not there", { thread_ts: "1.000001" }, "cannot_reply_to_message"],
  ])("refuses %s", (_name, args, error) => {
    const { call } = createTestSlack();
    expect(call("chat.postMessage", { channel: DEPLOYS, text: "x", ...args })).toMatchObject({ ok: false, error });
  });

  test("says what is wrong with blocks, and where", () => {
    const { call } = createTestSlack();
    const problem = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]";
    expect(call("chat.postMessage", { channel: DEPLOYS, text: "x", blocks: [section("x".repeat(3001))] })).toEqual({
      ok: false,
      error: "invalid_blocks",
      errors: [problem],
      response_metadata: { messages: [`[ERROR] ${problem}`] },
    });
  });

  test("says which argument is missing", () => {
    const { call } = createTestSlack();
    expect(call("chat.postMessage", { text: "x" })).toMatchObject({
      error: "invalid_arguments",
      response_metadata: { messages: ["[ERROR] missing required field: channel"] },
    });
  });

  test("a private channel or a strange conversation looks as if it did not exist", () => {
    const { world, call } = createTestSlack();
    world.workspace.removeMember(PAYMENTS, BOT);
    const strangers = world.workspace.directMessage([ANA, PRIYA]);
    for (const channel of [PAYMENTS, strangers.id]) {
      expect(call("chat.postMessage", { channel, text: "x" })["error"]).toBe("channel_not_found");
    }
  });

  test("posts in any public channel with chat:write.public", () => {
    const { call } = createTestSlack({ scopes: (granted) => [...granted, "chat:write.public"] });
    expect(call("chat.postMessage", { channel: GENERAL, text: "x" })["ok"]).toBe(true);
  });

  test("a person's id opens the direct message with them", () => {
    const { world, call } = createTestSlack();
    const first = call("chat.postMessage", { channel: ANA, text: "hi" });
    expect(call("chat.postMessage", { channel: ANA, text: "again" })["channel"]).toBe(first["channel"]);
    expect(world.workspace.channel(String(first["channel"]))).toMatchObject({ kind: "im", members: [BOT, ANA] });
  });

  test("cuts a text of more than 40,000 characters", () => {
    const { world, post } = createTestSlack();
    const ts = post({ text: "x".repeat(40_001) });
    expect(world.messages.message(DEPLOYS, ts)?.text).toHaveLength(40_000);
  });

  test("an archived channel is closed to new messages and to edits", () => {
    const { world, call, post } = createTestSlack();
    const ts = post({ text: "before" });
    world.workspace.putChannel({ ...world.workspace.requireChannel(DEPLOYS), archived: true });
    expect(call("chat.postMessage", { channel: DEPLOYS, text: "x" })["error"]).toBe("is_archived");
    expect(call("chat.update", { channel: DEPLOYS, ts, text: "x" })["error"]).toBe("is_inactive");
  });

  test.each([
    ["read_only_channel", {}, "restricted_action_read_only_channel"],
    ["thread_only_channel", {}, "restricted_action_thread_only_channel"],
    ["non_threadable_channel", { thread_ts: "x" }, "restricted_action_non_threadable_channel"],
  ] as const)("a %s restricts posting", (restriction, args, error) => {
    const { world, call } = createTestSlack();
    world.workspace.putChannel({ ...world.workspace.requireChannel(DEPLOYS), restriction });
    expect(call("chat.postMessage", { channel: DEPLOYS, text: "x", ...args })["error"]).toBe(error);
  });

  test("a reply to a reply goes to the parent, which counts it", () => {
    const { world, call, post } = createTestSlack();
    const parent = post({ text: "card" });
    const reply = post({ text: "step 1", thread_ts: parent });
    const nested = post({ text: "step 2", thread_ts: reply, reply_broadcast: "true" });
    expect(world.messages.message(DEPLOYS, nested)).toMatchObject({ threadTs: parent, subtype: "thread_broadcast" });
    expect(call("conversations.replies", { channel: DEPLOYS, ts: parent })["messages"]).toMatchObject([
      { ts: parent, reply_count: 2, reply_users: [BOT], latest_reply: nested },
      { ts: reply, thread_ts: parent, parent_user_id: BOT },
      { ts: nested, thread_ts: parent },
    ]);
  });
});

describe("chat.update", () => {
  const original = {
    text: "one",
    blocks: [section("one")],
    attachments: [{ text: "old" }],
    metadata: { event_type: "slot", event_payload: { id: "1" } },
  };

  test.each([
    [
      "text without blocks removes the blocks",
      { text: "two" },
      { text: "two", blocks: [], attachments: [{ text: "old" }] },
    ],
    ["blocks without text keep the text", { blocks: [section("two")] }, { text: "one", blocks: [section("two")] }],
    [
      "attachments alone keep text and blocks",
      { attachments: [] },
      { text: "one", blocks: [section("one")], attachments: [] },
    ],
    ["no metadata keeps it", { text: "two" }, { metadata: original.metadata }],
    ["an empty metadata removes it", { text: "two", metadata: {} }, { metadata: undefined }],
  ])("%s", (_name, args, expected) => {
    const { world, call, post } = createTestSlack();
    const ts = post(original);
    expect(call("chat.update", { channel: DEPLOYS, ts, ...args })).toMatchObject({
      ok: true,
      ts,
      message: { edited: { user: BOT } },
    });
    expect(world.messages.message(DEPLOYS, ts)).toMatchObject(expected);
  });

  test.each([
    ["a text of more than 4,000 characters", { text: "x".repeat(4001) }, "msg_too_long"],
    ["nothing at all", {}, "no_text"],
    ["the removal of everything", { text: "", blocks: [], attachments: [] }, "no_text"],
    ["a message that is not there", { ts: "1.000001", text: "x" }, "message_not_found"],
    ["a channel that is not there", { channel: "C0NOWHERE", text: "x" }, "channel_not_found"],
    ["invalid blocks", { blocks: [{ type: "section" }] }, "invalid_blocks"],
  ])("refuses %s and leaves the message as it was", (_name, args, error) => {
    const { world, call, post } = createTestSlack();
    const ts = post(original);
    const before = world.messages.message(DEPLOYS, ts);
    expect(call("chat.update", { channel: DEPLOYS, ts, ...args })["error"]).toBe(error);
    expect(world.messages.message(DEPLOYS, ts)).toEqual(before);
  });

  test("what others wrote, and private messages, cannot be changed or deleted", () => {
    const { world, call } = createTestSlack();
    const foreign = world.messages.add({ channel: DEPLOYS, user: ANA, text: "mine" }).ts;
    const hidden = String(call("chat.postEphemeral", { channel: DEPLOYS, user: ANA, text: "psst" })["message_ts"]);
    for (const ts of [foreign, hidden]) {
      expect(call("chat.update", { channel: DEPLOYS, ts, text: "x" })["error"]).toBe("cant_update_message");
      expect(call("chat.delete", { channel: DEPLOYS, ts })["error"]).toBe("cant_delete_message");
    }
  });
});

describe("chat.delete", () => {
  test("removes a message, so that a later update does not find it", () => {
    const { call, post } = createTestSlack();
    const ts = post({ text: "x" });
    expect(call("chat.delete", { channel: DEPLOYS, ts })).toEqual({ ok: true, channel: DEPLOYS, ts });
    expect(call("chat.update", { channel: DEPLOYS, ts, text: "y" })["error"]).toBe("message_not_found");
  });

  test("a parent with replies leaves a tombstone that can no longer be changed", () => {
    const { world, call, post } = createTestSlack();
    const ts = post({ text: "card" });
    post({ text: "step", thread_ts: ts });
    call("chat.delete", { channel: DEPLOYS, ts });
    expect(world.messages.message(DEPLOYS, ts)?.subtype).toBe("tombstone");
    expect(call("chat.update", { channel: DEPLOYS, ts, text: "y" })["error"]).toBe("message_not_found");
  });
});

describe("chat.postEphemeral", () => {
  test("is seen by one person only and counts as no reply", () => {
    const { world, call, post } = createTestSlack();
    const ts = post({ text: "card" });
    call("chat.postEphemeral", { channel: DEPLOYS, user: ANA, text: "psst", thread_ts: ts });
    const texts = (user: string) => world.messages.seenBy(user, DEPLOYS).map((message) => message.text);
    expect(texts(ANA)).toEqual(["card", "psst"]);
    expect(texts(PRIYA)).toEqual(["card"]);
    expect(call("conversations.history", { channel: DEPLOYS })["messages"]).toHaveLength(1);
    const parent = world.messages.message(DEPLOYS, ts);
    expect(parent === undefined ? undefined : world.messages.thread(parent)).toBeUndefined();
  });

  test("needs the person and the app in the channel", () => {
    const { call } = createTestSlack();
    const tell = (channel: string, user: string) => call("chat.postEphemeral", { channel, user, text: "x" })["error"];
    expect(tell(PAYMENTS, "U0BEN00001")).toBe("user_not_in_channel");
    expect(tell(GENERAL, ANA)).toBe("not_in_channel");
  });
});

describe("chat.getPermalink", () => {
  test("links a message, and a reply with its thread", () => {
    const { call, post } = createTestSlack();
    const ts = post({ text: "card" });
    const reply = post({ text: "step", thread_ts: ts });
    const link = (message: string) => call("chat.getPermalink", { channel: DEPLOYS, message_ts: message })["permalink"];
    const address = (message: string) => `https://harbor.slack.com/archives/${DEPLOYS}/p${message.replace(".", "")}`;
    expect(link(ts)).toBe(address(ts));
    expect(link(reply)).toBe(`${address(reply)}?thread_ts=${ts}&cid=${DEPLOYS}`);
    expect(call("chat.getPermalink", { channel: DEPLOYS, message_ts: "1.000001" })["error"]).toBe("message_not_found");
  });
});
