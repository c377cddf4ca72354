import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { message, section } from "../../src/slack/blocks.ts";
import type { Wanted } from "../../src/slack/slot-entry.ts";
import type { SlackFault } from "../../src/simulator/slack-faults.ts";
import { ANA, DEPLOYS, DORA, GENERAL, GUS, PRIYA, SAM, type SlackRig, startSlackRig, TEAM } from "./slack-rig.ts";
import { eventually } from "../support/eventually.ts";

let rig: SlackRig;

beforeEach(async () => {
  rig = await startSlackRig();
});

afterEach(async () => {
  await rig.stop();
});

function want(slot: string, text: string, rest: Partial<Wanted> = {}): void {
  const content = message(text, [section(text)]);
  rig.outbox.want({ slot, team: TEAM, channel: DEPLOYS, content, priority: 1, terminal: false, ...rest });
}

const arrived = (slot: string) => eventually(() => expect(rig.outbox.isSettled(slot)).toBe(true));

const texts = (channel = DEPLOYS) => rig.simulator.world.messages.all(channel).map(({ text }) => text);
const fault = (method: string, one: SlackFault, times = 1) =>
  rig.simulator.world.faults.add({ method, fault: one, times });

describe("messages on the wire", () => {
  it("are posted, edited and answered in their thread, marked as ours and without previews", async () => {
    want("run_1/card", "running");
    want("run_1/step", "step", { parent: "run_1/card" });
    await arrived("run_1/step");
    want("run_1/card", "done");
    await arrived("run_1/card");
    const [card, step] = rig.simulator.world.messages.all(DEPLOYS);
    expect([card?.text, step?.text]).toEqual(["done", "step"]);
    expect(step?.threadTs).toBe(card?.ts);
    expect(card?.metadata).toEqual({ event_type: "quarterdeck_slot", event_payload: { slot_id: "run_1/card" } });
    const post = rig.simulator.world.journal.calls("chat.postMessage")[0]?.args;
    expect(post).toMatchObject({ unfurl_links: "false", unfurl_media: "false" });
  });

  it.each<readonly [string, SlackFault]>([
    ["the connection was reset after Slack had accepted it", { kind: "reset", when: "after" }],
    ["the answer was cut in the middle", { kind: "cut" }],
    ["the connection was reset before", { kind: "reset", when: "before" }],
    ["Slack had an internal error", { kind: "error", error: "internal_error" }],
    ["Slack answered 503", { kind: "status", status: 503 }],
    ["a proxy answered with a page", { kind: "html" }],
  ])("are there once although %s", async (_, one) => {
    fault("chat.postMessage", one);
    want("run_1/card", "running");
    await arrived("run_1/card");
    expect(texts()).toEqual(["running"]);
  });

  it("wait as long as Slack says and then show the newest state", async () => {
    want("run_1/card", "v0");
    await arrived("run_1/card");
    fault("chat.update", { kind: "rate-limited", retryAfterSeconds: 1 });
    want("run_1/card", "v1");
    await eventually(() => expect(rig.simulator.world.journal.calls("chat.update").length).toBe(1));
    want("run_1/card", "v2");
    await arrived("run_1/card");
    const updates = rig.simulator.world.journal.calls("chat.update");
    expect(updates.map(({ args }) => args["text"])).toEqual(["v1", "v2"]);
    expect(texts()).toEqual(["v2"]);
  });

  it("are replaced when an administrator deletes them", async () => {
    want("run_1/card", "v0");
    await arrived("run_1/card");
    rig.simulator.administration.deleteMessage(DEPLOYS, rig.slots.slot("run_1/card")?.ts ?? "");
    want("run_1/card", "v1");
    await arrived("run_1/card");
    expect(texts()).toEqual(["v1"]);
  });

  it("say why when the app is not in the channel, and arrive once it is invited", async () => {
    want("run_1/card", "card", { channel: GENERAL });
    await eventually(() => expect(rig.slots.slot("run_1/card")?.lostReason).toBe("not_in_channel"));
    expect(rig.outbox.isSettled("run_1/card")).toBe(false);
    rig.simulator.administration.addMember(GENERAL, rig.identity.botUser);
    want("run_1/card", "done", { channel: GENERAL, terminal: true });
    await arrived("run_1/card");
    expect(texts(GENERAL)).toEqual(["done"]);
  });

  it("reach a person directly", async () => {
    want("run_1/strayed", "hello", { channel: ANA });
    await arrived("run_1/strayed");
    const { channel = "" } = rig.slots.slot("run_1/strayed") ?? {};
    expect(channel).toMatch(/^D/u);
    expect(texts(channel)).toEqual(["hello"]);
  });

  it("stop for a revoked token, with one alarm", async () => {
    rig.simulator.world.tokens.refuse("bot", "token_revoked");
    want("run_1/card", "card");
    want("run_2/card", "card");
    await eventually(() => expect(rig.errors.length).toBe(1));
    expect(rig.errors[0]).toContain("token_revoked");
    expect(rig.outbox.isSettled("run_1/card")).toBe(false);
  });

  it("are looked for in vain, and posted again, where the app may not read", async () => {
    fault("conversations.history", { kind: "error", error: "missing_scope" });
    fault("chat.postMessage", { kind: "reset", when: "after" });
    want("run_1/card", "running");
    await arrived("run_1/card");
    expect(texts()).toEqual(["running", "running"]);
  });
});

describe("people", () => {
  it("are told apart: members, guests, strangers, those who left, and apps", async () => {
    const of = (user: string, team = TEAM) => rig.directory.person(team, user);
    expect(await of(PRIYA)).toMatchObject({ user: PRIYA, isGuest: false, isStranger: false, isDeleted: false });
    expect(await of(PRIYA)).toMatchObject({ email: "priya@harbor.example", isBot: false });
    expect(await of(GUS)).toMatchObject({ isGuest: true });
    expect(await of(SAM, "T0ELSEWHR1")).toMatchObject({ isStranger: true });
    expect(await of(SAM)).toMatchObject({ isStranger: true });
    expect(await of(PRIYA, "T0ELSEWHR1")).toMatchObject({ isStranger: true });
    expect(await of(DORA)).toMatchObject({ isDeleted: true });
    expect(await of(rig.identity.botUser)).toMatchObject({ isBot: true });
    expect(await of("U0NOBODY01")).toMatchObject({ isStranger: true });
  });

  it("in a group are read once for those who ask at the same time", async () => {
    const both = await Promise.all([
      rig.directory.groupMembers("S0APPROVE1"),
      rig.directory.groupMembers("S0APPROVE1"),
    ]);
    expect(both[0]).toEqual(["U0PRIYA001", "U0MARCO001"]);
    expect(both[1]).toBe(both[0]);
    expect(rig.simulator.world.journal.calls("usergroups.users.list").length).toBe(1);
  });

  it("in a group that is gone are nobody", async () => {
    rig.simulator.administration.removeGroup("S0APPROVE1");
    await expect(rig.directory.groupMembers("S0APPROVE1")).rejects.toMatchObject({ code: "directory.no-such-group" });
  });

  it.each<readonly [string, SlackFault]>([
    ["limits the question", { kind: "rate-limited", retryAfterSeconds: 30 }],
    ["lacks the right", { kind: "error", error: "missing_scope" }],
    ["answers with a page", { kind: "html" }],
  ])("cannot be verified when Slack %s, and can when it answers again", async (_, one) => {
    const remove = rig.simulator.world.faults.add({ method: "*", fault: one });
    const unverifiable = { code: "directory.unverifiable", retry: "backoff" };
    await expect(rig.directory.groupMembers("S0APPROVE1")).rejects.toMatchObject(unverifiable);
    await expect(rig.directory.person(TEAM, PRIYA)).rejects.toMatchObject(unverifiable);
    remove();
    expect(await rig.directory.groupMembers("S0APPROVE1")).toContain(PRIYA);
  });
});

describe("private answers", () => {
  const content = message("Only for you.", [section("Only for you.")]);
  const to = (responseUrl: string | undefined) => {
    return { team: TEAM, user: ANA, channel: DEPLOYS, responseUrl, answerUntil: Date.now() + 60_000 };
  };

  it("go through the response address", async () => {
    const url = rig.simulator.world.responseUrls.issue({ user: ANA, channel: DEPLOYS });
    expect(await rig.answers.send(to(url), content)).toBe(true);
    expect(rig.seen(ANA, DEPLOYS)).toEqual(["Only for you."]);
    expect(rig.seen(PRIYA, DEPLOYS)).toEqual([]);
  });

  it("are ephemeral messages when the address is used up, or is not Slack's", async () => {
    const url = rig.simulator.world.responseUrls.issue({ user: ANA, channel: DEPLOYS });
    for (let use = 0; use < 6; use += 1) expect(await rig.answers.send(to(url), content)).toBe(true);
    expect(await rig.answers.send(to("https://evil.test/answer"), content)).toBe(true);
    expect(rig.simulator.world.journal.calls("chat.postEphemeral").length).toBe(2);
    expect(rig.seen(ANA, DEPLOYS).length).toBe(7);
  });

  it("to what was done in a thread stand in it, whichever way they go", async () => {
    const { messages, responseUrls } = rig.simulator.world;
    const threadTs = messages.add({ channel: DEPLOYS, user: PRIYA, text: "A card." }).ts;
    messages.add({ channel: DEPLOYS, user: PRIYA, text: "A request.", threadTs });
    const url = responseUrls.issue({ user: ANA, channel: DEPLOYS });
    expect(await rig.answers.send({ ...to(url), threadTs }, content)).toBe(true);
    expect(await rig.answers.send({ ...to(undefined), threadTs }, content)).toBe(true);
    const told = messages.all(DEPLOYS).filter(({ viewer }) => viewer === ANA);
    expect(told.map((answer) => answer.threadTs)).toEqual([threadTs, threadTs]);
  });

  it("that Slack takes in no way are given up without a throw", async () => {
    expect(await rig.answers.send({ ...to(undefined), channel: GENERAL }, content)).toBe(false);
  });
});
