import { describe, expect, it } from "vitest";

import { SlackAnchorTarget } from "../../../src/app/slack-anchor-target.ts";
import { anchorKeyOf } from "../../../src/audit/anchor-key.ts";
import { anchorsIn, signHead } from "../../../src/audit/signed-head.ts";
import type { SlotRecord } from "../../../src/engine/ports.ts";
import { messageProblems } from "../../../src/slack/validate-blocks.ts";
import type { MessageContent } from "../../../src/slack/blocks.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const HEAD = signHead(
  { sequence: 1234, hash: "a".repeat(64), log: "b".repeat(64), at: Date.UTC(2026, 10, 21, 18) },
  anchorKeyOf(Buffer.alloc(32, 7)),
);

function rig() {
  const clock = new FakeClock();
  const announced: { slot: string; channel: string; content: MessageContent }[] = [];
  const records = new Map<string, SlotRecord>();
  const target = new SlackAnchorTarget({
    name: "slack",
    channel: "#audit",
    slack: { announce: (wanted) => void announced.push(wanted) },
    slots: { slot: (slot) => records.get(slot) },
    clock,
  });
  const posted = (more: Partial<SlotRecord>): void => {
    const slot = announced[0]?.slot ?? "";
    const nothing = { threadTs: undefined, ts: undefined, sentHash: undefined, postingSince: undefined };
    records.set(slot, { slot, team: "T1", channel: "C0AUDIT", ...nothing, lostReason: undefined, ...more });
  };
  return { clock, announced, target, posted };
}

describe("a channel for anchors", () => {
  it("gets a message that people can read and a verifier can take, within Slack's limits", async () => {
    const { clock, announced, target, posted } = rig();
    const written = target.write(HEAD, new AbortController().signal);
    const [message] = announced;
    expect(message).toMatchObject({ slot: "server/anchors/#audit/1234", channel: "#audit" });
    expect(message?.content.text).toBe("The log is anchored up to event 1234.");
    expect(messageProblems(message?.content ?? { text: "", blocks: [] })).toEqual([]);
    expect(anchorsIn(JSON.stringify(message?.content)).heads).toEqual([HEAD]);
    posted({ ts: "1700000000.000100" });
    await clock.advance(1000);
    expect(await written).toBe("C0AUDIT 1700000000.000100");
  });

  it("waits as long as Slack is away, and until the server stops", async () => {
    const { clock, target, announced } = rig();
    const stop = new AbortController();
    const ended: string[] = [];
    const written = target.write(HEAD, stop.signal).catch((error: unknown) => void ended.push(String(error)));
    await clock.advance(600_000);
    expect(ended).toEqual([]);
    expect(announced).toHaveLength(1);
    stop.abort(new Error("the server is ending"));
    await settle();
    await written;
    expect(ended).toEqual(["Error: the server is ending"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("says so where the app is not in the channel", async () => {
    const { clock, target, posted } = rig();
    const failed = appErrorOf(target.write(HEAD, new AbortController().signal));
    posted({ lostReason: "not_in_channel" });
    await clock.advance(1000);
    expect((await failed).message).toMatch(/posted in #audit \(not_in_channel\)\. Invite the app there/u);
  });
});
