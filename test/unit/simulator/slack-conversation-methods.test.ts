import { describe, expect, test } from "vitest";

import { ANA, BOT, createTestSlack, DEPLOYS, GENERAL, PAYMENTS, PRIYA } from "./slack-test-world.ts";

describe("conversations", () => {
  test("conversations.info tells kind, membership and sharing", () => {
    const { world, call } = createTestSlack();
    const info = (channel: string) => call("conversations.info", { channel });
    expect(info(DEPLOYS)["channel"]).toMatchObject({
      name: "deploys",
      is_channel: true,
      is_member: true,
      is_ext_shared: false,
    });
    expect(info(GENERAL)["channel"]).toMatchObject({ is_member: false, is_general: true });
    expect(info(PAYMENTS)["channel"]).toMatchObject({ is_group: true, is_private: true });
    expect(info("C0PARTNER1")["channel"]).toMatchObject({ is_ext_shared: true, is_shared: true });
    world.workspace.removeMember(PAYMENTS, BOT);
    expect(info(PAYMENTS)["error"]).toBe("channel_not_found");
  });

  test("conversations.list and users.conversations list by kind", () => {
    const { call } = createTestSlack();
    const names = (method: string, types?: string) => {
      const { channels } = call(method, types === undefined ? {} : { types });
      return Array.isArray(channels) ? channels.map((channel: { name: string }) => channel.name) : [];
    };
    expect(names("conversations.list")).toEqual(["deploys", "general", "partners"]);
    expect(names("conversations.list", "private_channel")).toEqual(["payments-deploys"]);
    expect(names("users.conversations", "public_channel,private_channel")).toEqual([
      "deploys",
      "payments-deploys",
      "partners",
    ]);
  });

  test("conversations.members lists people and conversations.join adds the app", () => {
    const { call } = createTestSlack();
    const members = () => call("conversations.members", { channel: GENERAL })["members"];
    expect(members()).not.toContain(BOT);
    expect(call("conversations.join", { channel: GENERAL })["channel"]).toMatchObject({ is_member: true });
    expect(members()).toContain(BOT);
    expect(call("conversations.join", { channel: PAYMENTS })["error"]).toBe("method_not_supported_for_channel_type");
  });

  test("conversations.open opens direct messages with one or more people", () => {
    const { world, call } = createTestSlack({ scopes: (granted) => [...granted, "mpim:write"] });
    const open = (users: string) => call("conversations.open", { users });
    const { channel } = open(ANA);
    expect(open(ANA)["channel"]).toEqual(channel);
    expect(open(`${ANA},${PRIYA}`)["ok"]).toBe(true);
    expect(world.workspace.channels().map(({ kind }) => kind)).toContain("mpim");
    expect(open("U0")["error"]).toBe("user_not_found");
    expect(open("")["error"]).toBe("users_list_not_supplied");
  });

  test("conversations.history reads newest first, in a range, with metadata only on request", () => {
    const { call, post } = createTestSlack();
    const metadata = { event_type: "slot", event_payload: { id: "s1" } };
    const stamps = ["a", "b", "c"].map((text) => post({ text, metadata }));
    const read = (args: object) => call("conversations.history", { channel: DEPLOYS, ...args });
    expect(read({})["messages"]).toMatchObject([{ text: "c" }, { text: "b" }, { text: "a" }]);
    expect(read({ oldest: stamps[0], latest: stamps[2] })["messages"]).toMatchObject([{ text: "b" }]);
    expect(read({ oldest: stamps[1], inclusive: "true", include_all_metadata: "true" })["messages"]).toMatchObject([
      { text: "c", metadata },
      { text: "b", metadata },
    ]);
    expect(JSON.stringify(read({}))).not.toContain("event_payload");
    expect(read({ limit: 1 })).toMatchObject({ has_more: true, response_metadata: { next_cursor: "next:1" } });
  });

  test("reading needs membership, and conversations.replies an existing message", () => {
    const { call } = createTestSlack();
    expect(call("conversations.history", { channel: GENERAL })["error"]).toBe("not_in_channel");
    expect(call("conversations.replies", { channel: DEPLOYS, ts: "1.000001" })["error"]).toBe("thread_not_found");
  });
});
