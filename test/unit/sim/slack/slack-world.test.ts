import { describe, expect, it } from "vitest";

import { actOnSlack } from "../../../sim/slack/slack-act.ts";
import { START, SlackRig } from "./slack-rig.ts";

const CHANNEL = "C1DEPLOYS";

function post(rig: SlackRig, more: Readonly<Record<string, unknown>> = {}) {
  return rig.world.call("chat.postMessage", { channel: CHANNEL, text: "hello", blocks: [], ...more });
}

function tsOf(reply: ReturnType<typeof post>): string {
  return reply.ok ? String(reply["ts"]) : "";
}

describe("the simulated Slack's messages", () => {
  it("gives each message of a channel a later ts than the one before, and other channels the same ones", () => {
    const rig = new SlackRig();
    const [first, second] = [tsOf(post(rig)), tsOf(post(rig))];
    expect(first).toBe(`${START / 1000}.000000`);
    expect(second > first).toBe(true);
    expect(tsOf(post(rig, { channel: "C2ALERTS" }))).toBe(first);
  });

  it("keeps everything that a message ever showed, with its slot", () => {
    const rig = new SlackRig();
    const metadata = { event_type: "quarterdeck_slot", event_payload: { slot_id: "run_1/card" } };
    const ts = tsOf(post(rig, { metadata }));
    rig.world.call("chat.update", { channel: CHANNEL, ts, text: "later", blocks: [{ type: "divider" }] });
    expect(rig.world.truth.messages).toEqual([
      expect.objectContaining({
        slot: "run_1/card",
        versions: [
          { at: START, text: "hello", blocks: [] },
          { at: START, text: "later", blocks: [{ type: "divider" }] },
        ],
      }),
    ]);
  });

  it("moves a reply to a reply up to the message at the top", () => {
    const rig = new SlackRig();
    const top = tsOf(post(rig));
    const reply = tsOf(post(rig, { thread_ts: top }));
    post(rig, { thread_ts: reply });
    expect(rig.world.truth.messages.map(({ threadTs }) => threadTs)).toEqual([undefined, top, top]);
    expect(rig.world.truth.messages[0]?.replies).toBe(2);
  });

  it("refuses what Slack refuses", () => {
    const rig = new SlackRig({ limits: 100 });
    const ts = tsOf(post(rig));
    const errorOf = (method: string, args: Readonly<Record<string, unknown>>): unknown => {
      const reply = rig.world.call(method, args);
      return reply.ok ? "ok" : reply.error;
    };
    expect(errorOf("chat.postMessage", { channel: "C9", text: "x" })).toBe("channel_not_found");
    expect(errorOf("chat.postMessage", { channel: "C3RANDOM", text: "x" })).toBe("not_in_channel");
    expect(errorOf("chat.postMessage", { channel: CHANNEL, text: "x", thread_ts: "1.0" })).toBe(
      "cannot_reply_to_message",
    );
    expect(errorOf("chat.postMessage", { channel: CHANNEL })).toBe("no_text");
    expect(errorOf("chat.postMessage", { channel: CHANNEL, text: "x", blocks: [{ type: "nonsense" }] })).toBe(
      "invalid_blocks",
    );
    expect(errorOf("chat.update", { channel: CHANNEL, ts: "1.0", text: "x" })).toBe("message_not_found");
    expect(errorOf("chat.update", { channel: CHANNEL, ts, text: "x".repeat(4001) })).toBe("msg_too_long");
    expect(errorOf("conversations.replies", { channel: CHANNEL, ts: "1.0" })).toBe("thread_not_found");
    expect(errorOf("chat.postEphemeral", { channel: CHANNEL, user: "U99", text: "x" })).toBe("user_not_in_channel");
    expect(errorOf("users.info", { user: "U99" })).toBe("user_not_found");
    expect(errorOf("usergroups.users.list", { usergroup: "S9" })).toBe("no_such_subteam");
    expect(errorOf("views.open", { trigger_id: "1.2.3", view: {} })).toBe("invalid_trigger_id");
  });

  it("takes nothing in an archived channel, and takes it again afterwards", async () => {
    const rig = new SlackRig();
    const ts = tsOf(post(rig));
    actOnSlack({ kind: "archive", channel: CHANNEL, forMs: 5000 }, rig.world, rig.line);
    expect(post(rig)).toMatchObject({ error: "is_archived" });
    expect(rig.world.call("chat.update", { channel: CHANNEL, ts, text: "x" })).toMatchObject({ error: "is_inactive" });
    await rig.pass(6000);
    expect(post(rig).ok).toBe(true);
  });

  it("knows a deleted message no more", () => {
    const rig = new SlackRig();
    const ts = tsOf(post(rig));
    actOnSlack({ kind: "delete-message", choice: 0 }, rig.world, rig.line);
    expect(rig.world.call("chat.update", { channel: CHANNEL, ts, text: "x" })).toMatchObject({
      error: "message_not_found",
    });
    expect(post(rig, { thread_ts: ts })).toMatchObject({ error: "cannot_reply_to_message" });
    expect(rig.world.truth.messages[0]?.deletedAt).toBe(START);
  });
});

describe("the simulated Slack's history", () => {
  const metadata = (slot: string) => ({ event_type: "quarterdeck_slot", event_payload: { slot_id: slot } });
  const read = (rig: SlackRig, more: Readonly<Record<string, unknown>> = {}) =>
    rig.world.call("conversations.history", { channel: CHANNEL, include_all_metadata: true, ...more });

  it("shows what stands in the channel itself, the newest first, a page at a time, with metadata when asked", async () => {
    const rig = new SlackRig({ limits: 100 });
    const top = tsOf(post(rig, { metadata: metadata("a") }));
    post(rig, { thread_ts: top, metadata: metadata("reply") });
    post(rig, { metadata: metadata("b") });
    post(rig, { metadata: metadata("c") });
    await rig.pass(3000);
    const first = read(rig, { limit: 2 });
    expect(slots(first)).toEqual(["c", "b"]);
    const cursor = first.ok ? Object(first["response_metadata"]).next_cursor : "";
    expect(slots(read(rig, { limit: 2, cursor }))).toEqual(["a"]);
    expect(slots(read(rig, { include_all_metadata: false }))).toEqual([undefined, undefined, undefined]);
    const thread = rig.world.call("conversations.replies", { channel: CHANNEL, ts: top, include_all_metadata: true });
    expect(slots(thread)).toEqual(["a", "reply"]);
  });

  it("begins after `oldest`", async () => {
    const rig = new SlackRig({ limits: 100 });
    const old = tsOf(post(rig, { metadata: metadata("old") }));
    post(rig, { metadata: metadata("new") });
    await rig.pass(3000);
    expect(slots(read(rig, { oldest: old }))).toEqual(["new"]);
  });

  it("may take two seconds to show what was posted", () => {
    const seeds = Array.from({ length: 20 }, (_, index) => new SlackRig({ limits: 100, seed: `s${index}` }));
    const found = seeds.map((rig) => {
      post(rig);
      return slots(read(rig)).length;
    });
    expect(found.filter((count) => count === 0).length).toBeGreaterThan(10);
  });
});

function slots(reply: ReturnType<typeof post>): readonly unknown[] {
  const messages: unknown = reply.ok ? reply["messages"] : [];
  return Array.isArray(messages) ? messages.map((one) => Object(one).metadata?.event_payload.slot_id) : [];
}

describe("the simulated Slack's limits", () => {
  it("takes one message a second in a channel after a short burst, and other channels for themselves", async () => {
    const rig = new SlackRig();
    const replies = Array.from({ length: 6 }, () => post(rig));
    expect(replies.map(({ ok }) => ok)).toEqual([true, true, true, true, false, false]);
    expect(replies[4]).toEqual({ ok: false, error: "ratelimited", status: 429, retryAfterSeconds: 1 });
    expect(post(rig, { channel: "C2ALERTS" }).ok).toBe(true);
    await rig.pass(1000);
    expect([post(rig).ok, post(rig).ok]).toEqual([true, false]);
    expect(rig.world.truth.calls.get("chat.postMessage")).toEqual({ count: 9, limited: 3 });
  });

  it("takes fifty edits a minute in the whole workspace after a burst", async () => {
    const rig = new SlackRig();
    const ts = tsOf(post(rig));
    let taken = 0;
    for (let second = 0; second < 120; second += 1) {
      if (rig.world.call("chat.update", { channel: CHANNEL, ts, text: "x" }).ok) taken += 1;
      await rig.pass(1000);
    }
    expect(taken).toBe(15 + 99);
  });

  it("says after how long a method that is frozen is free again", async () => {
    const rig = new SlackRig();
    actOnSlack({ kind: "limit", method: "users.info", forMs: 9500 }, rig.world, rig.line);
    expect(rig.world.call("users.info", { user: "U1" })).toMatchObject({ retryAfterSeconds: 10 });
    await rig.pass(10_000);
    expect(rig.world.call("users.info", { user: "U1" }).ok).toBe(true);
  });
});

describe("the simulated Slack's people", () => {
  it("say who they are now, and the truth says since when", async () => {
    const rig = new SlackRig();
    await rig.pass(1000);
    actOnSlack({ kind: "set-standing", user: "U3", standing: "deleted" }, rig.world, rig.line);
    expect(rig.world.call("users.info", { user: "U3" })).toMatchObject({ user: { deleted: true } });
    expect(rig.world.call("users.info", { user: "U6" })).toMatchObject({ user: { is_restricted: true } });
    expect(rig.world.truth.people).toEqual([{ at: START + 1000, user: "U3", standing: "deleted" }]);
  });

  it("are in groups that change and go", () => {
    const rig = new SlackRig();
    const members = () => rig.world.call("usergroups.users.list", { usergroup: "S0DEV" });
    expect(members()).toMatchObject({ users: ["U1", "U2"] });
    actOnSlack({ kind: "set-group", group: "S0DEV", users: ["U5"] }, rig.world, rig.line);
    expect(members()).toMatchObject({ users: ["U5"] });
    actOnSlack({ kind: "disable-group", group: "S0DEV" }, rig.world, rig.line);
    expect(members()).toMatchObject({ error: "no_such_subteam" });
    const changes = rig.world.truth.groups.filter(({ group }) => group === "S0DEV");
    expect(changes.map(({ users }) => users)).toEqual([["U1", "U2"], ["U5"], []]);
  });
});

describe("the simulated Slack's troubles", () => {
  it("may refuse a call that it carries out", async () => {
    const rig = new SlackRig();
    const trouble = { methods: ["chat.postMessage"], error: "fatal_error", hasEffect: true };
    actOnSlack({ kind: "trouble", trouble, forMs: 1000 }, rig.world, rig.line);
    expect(post(rig)).toMatchObject({ error: "fatal_error" });
    expect(rig.world.truth.messages).toHaveLength(1);
    expect(rig.world.truth.refusals).toMatchObject([{ error: "fatal_error", hadEffect: true }]);
    await rig.pass(2000);
    expect(post(rig).ok).toBe(true);
  });

  it("may answer with a status of HTTP and do nothing", () => {
    const rig = new SlackRig();
    actOnSlack({ kind: "trouble", trouble: { error: "http_503", hasEffect: false }, forMs: 1000 }, rig.world, rig.line);
    expect(post(rig)).toEqual({ ok: false, error: "http_503", status: 503 });
    expect(rig.world.truth.messages).toHaveLength(0);
  });
});

describe("the simulated Slack's response addresses", () => {
  it("take five answers, of which later ones may stand in the place of earlier ones", () => {
    const rig = new SlackRig();
    const url = rig.world.addresses.issue({ user: "U1", channel: CHANNEL, threadTs: undefined, delivery: 0 });
    rig.world.addresses.acknowledged(url, { text: "resolving" });
    const say = (text: string) => rig.world.respond(url, { text, replace_original: true }).status;
    expect(["1", "2", "3", "4", "5", "6"].map(say)).toEqual([200, 200, 200, 200, 200, 404]);
    expect(rig.world.truth.ephemerals).toHaveLength(1);
    expect(rig.world.truth.ephemerals[0]?.versions.map(({ text }) => text)).toEqual([
      "resolving",
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
  });

  it("are closed after half an hour", async () => {
    const rig = new SlackRig();
    const url = rig.world.addresses.issue({ user: "U1", channel: CHANNEL, threadTs: undefined, delivery: 0 });
    await rig.pass(30 * 60_000 + 1);
    expect(rig.world.respond(url, { text: "late" })).toEqual({
      status: 404,
      text: '{"ok":false,"error":"expired_url"}',
    });
  });
});
