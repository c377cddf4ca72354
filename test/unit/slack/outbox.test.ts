import { describe, expect, it } from "vitest";

import { message, section } from "../../../src/slack/blocks.ts";
import { Outbox } from "../../../src/slack/outbox.ts";
import type { Wanted } from "../../../src/slack/slot-entry.ts";
import type { LogFields, Logger } from "../../../src/platform/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Fault, type FakeCall, FakeSlack, MemorySlotStore, mortal } from "./fake-slack.ts";

const random = { bytes: (length: number) => Buffer.alloc(length), fraction: () => 0.5 };

function recordingLogger(lines: string[]): Logger {
  const log = (text: string, fields?: LogFields): void => void lines.push(`${text} ${JSON.stringify(fields ?? {})}`);
  return { debug: log, info: log, warn: log, error: log, with: () => recordingLogger(lines) };
}

/** A clock on which looking at it takes a while, as on a machine that has much to do. */
class SlowClock extends FakeClock {
  #spentMs = 0;

  constructor() {
    super();
    const { monotonic } = this;
    this.monotonic = () => {
      this.#spentMs += 0.5;
      return monotonic() + this.#spentMs;
    };
  }
}

function setUp(clock = new FakeClock()) {
  const slack = new FakeSlack(clock);
  const store = new MemorySlotStore();
  const settled: string[] = [];
  const lines: string[] = [];
  let life = 0;
  const start = (): Outbox => {
    life += 1;
    const own = life;
    const isAlive = (): boolean => own === life;
    return new Outbox({
      messages: mortal(slack, isAlive),
      store: mortal(store, isAlive),
      clock,
      random,
      logger: recordingLogger(lines),
      onSettled: (slot) => void settled.push(slot),
    });
  };
  return { clock, slack, store, settled, lines, start, outbox: start() };
}

function wanted(slot: string, text: string, rest: Partial<Wanted> = {}): Wanted {
  const content = message(text, [section(text)]);
  return { slot, team: "T1", channel: "C1", content, priority: 1, terminal: false, ...rest };
}

const once = (method: FakeCall["method"], ...faults: readonly Fault[]) => {
  const rest = [...faults];
  return (call: FakeCall): Fault | undefined => (call.method === method ? rest.shift() : undefined);
};

describe("what a slot shows", () => {
  it("arrives also when looking through what waits takes long", async () => {
    const { clock, slack, outbox } = setUp(new SlowClock());
    for (const slot of ["r/card", "s/card", "t/card"]) {
      outbox.want(wanted(slot, "running"));
      await clock.advance(1);
      outbox.want(wanted(slot, "done", { terminal: true }));
    }
    await clock.advance(60_000);
    const last = ["r/card", "s/card", "t/card"].map((slot) => slack.of(slot).map(({ shown }) => shown.at(-1)?.text));
    expect(last).toEqual([["done"], ["done"], ["done"]]);
  });

  it("is posted once and then edited in place", async () => {
    const { clock, slack, outbox, settled } = setUp();
    outbox.want(wanted("r/card", "running"));
    await clock.advance(1000);
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(1000);
    expect(slack.of("r/card").map(({ shown }) => shown.map(({ text }) => text))).toEqual([["running", "done"]]);
    expect(settled).toEqual(["r/card", "r/card"]);
  });

  it("is the newest of several wanted in one turn, and the older ones are never sent", async () => {
    const { clock, slack, outbox } = setUp();
    for (const text of ["one", "two", "three"]) outbox.want(wanted("r/card", text));
    await clock.advance(1000);
    expect(slack.messages[0]?.shown.map(({ text }) => text)).toEqual(["three"]);
  });

  it("is not sent again when it is the same, not even by the next process", async () => {
    const { clock, slack, outbox, start } = setUp();
    outbox.want(wanted("r/card", "done"));
    await clock.advance(1000);
    outbox.want(wanted("r/card", "done"));
    const next = start();
    next.want(wanted("r/card", "done"));
    expect(next.isSettled("r/card")).toBe(true);
    await clock.advance(10_000);
    expect(slack.calls.length).toBe(1);
  });

  it("waits for the message in whose thread it stands", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "unsent" });
    outbox.want(wanted("r/card", "card"));
    outbox.want(wanted("r/step", "step", { parent: "r/card" }));
    await clock.advance(400);
    expect(slack.messages).toEqual([]);
    await clock.advance(5000);
    expect(slack.of("r/step")[0]?.threadTs).toBe(slack.of("r/card")[0]?.ts);
  });

  it("is the newest one when Slack limits the update before it", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    slack.fault = once("update", { kind: "limited", afterMs: 1000 });
    outbox.want(wanted("r/card", "v1"));
    await clock.advance(30);
    outbox.want(wanted("r/card", "v2"));
    await clock.advance(10_000);
    expect(slack.messages[0]?.shown.map(({ text }) => text)).toEqual(["v0", "v2"]);
  });

  it("is never sent twice at a time", async () => {
    const { clock, slack, outbox } = setUp();
    slack.latencyMs = 5000;
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    outbox.want(wanted("r/card", "v1"));
    await clock.advance(3000);
    expect(slack.calls.length).toBe(1);
    await clock.advance(10_000);
    expect(slack.text("r/card")).toBe("v1");
  });
});

describe("a post whose answer got lost", () => {
  it("is looked for and becomes one message, not two", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "lost" });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(500);
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(20_000);
    expect(slack.of("r/card").map(({ shown }) => shown.at(-1)?.text)).toEqual(["done"]);
    expect(slack.calls.map(({ method }) => method)).toEqual(["post", "find", "update"]);
  });

  it("is posted anew when it is not there", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "dropped" });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(20_000);
    expect(slack.calls.map(({ method }) => method)).toEqual(["post", "find", "post"]);
    expect(slack.of("r/card").length).toBe(1);
  });

  it("is found by the next process when this one dies between Slack's acceptance and its answer", async () => {
    const { clock, slack, store, outbox, start } = setUp();
    outbox.want(wanted("r/card", "running"));
    await clock.advance(30);
    expect(store.slot("r/card")).toMatchObject({ ts: undefined, postingSince: expect.any(Number) });
    const next = start();
    next.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(20_000);
    expect(slack.of("r/card").map(({ shown }) => shown.at(-1)?.text)).toEqual(["done"]);
  });

  it("is looked for at once when enough time has passed, however often the process dies before", async () => {
    const { clock, slack, outbox, start } = setUp();
    outbox.want(wanted("r/card", "running"));
    await clock.advance(30);
    for (let life = 0; life < 3; life += 1) {
      start().want(wanted("r/card", "running"));
      await clock.advance(1200);
    }
    expect(slack.calls.map(({ method }) => method)).toEqual(["post", "find", "update"]);
  });

  it("is not posted twice when the process dies during a later try: Slack gets time to show that one too", async () => {
    const { clock, slack, outbox, start } = setUp();
    slack.fault = once("post", { kind: "unsent" }, { kind: "unsent" }, { kind: "unsent" });
    outbox.want(wanted("r/card", "running"));
    while (slack.messages.length === 0) await clock.advance(10);
    start().want(wanted("r/card", "running"));
    await clock.advance(20_000);
    const [posted, found] = slack.calls.slice(3);
    expect([posted?.method, found?.method]).toEqual(["post", "find"]);
    expect((found?.at ?? 0) - (posted?.at ?? 0)).toBeGreaterThanOrEqual(3000);
  });

  it("is posted once more, and no more, where the app may not read", async () => {
    const { clock, slack, outbox } = setUp();
    slack.canRead = false;
    slack.fault = once("post", { kind: "lost" });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(60_000);
    expect(slack.of("r/card").length).toBe(2);
  });

  it("is looked for again after the app was out of the channel for a while, where it could neither read nor post", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "lost" });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(1000);
    slack.canRead = false;
    slack.fault = (call) => (call.method === "find" ? undefined : { kind: "refused", code: "not_in_channel" });
    await clock.advance(20_000);
    slack.canRead = true;
    slack.fault = () => undefined;
    await clock.advance(180_000);
    expect(slack.of("r/card").map(({ shown }) => shown.at(-1)?.text)).toEqual(["running"]);
    expect(outbox.isSettled("r/card")).toBe(true);
  });

  it("is looked for again after the app was out of the channel while Slack took no posts", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "lost" });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(1000);
    slack.canRead = false;
    slack.fault = (call) => (call.method === "post" ? { kind: "limited", afterMs: 20_000 } : undefined);
    await clock.advance(10_000);
    slack.canRead = true;
    slack.fault = () => undefined;
    await clock.advance(60_000);
    expect(slack.of("r/card").map(({ shown }) => shown.at(-1)?.text)).toEqual(["running"]);
  });

  it("has its place recorded when the disk works again, also when nothing new is wanted", async () => {
    const { clock, slack, store, outbox } = setUp();
    outbox.want(wanted("r/card", "done", { terminal: true }));
    while (slack.messages.length === 0) await clock.advance(1);
    store.failure = new Error("disk busy");
    await clock.advance(5000);
    expect(store.slot("r/card")?.ts).toBeUndefined();
    expect(outbox.isSettled("r/card")).toBe(false);
    store.failure = undefined;
    await clock.advance(60_000);
    expect(store.slot("r/card")?.ts).toBe(slack.of("r/card")[0]?.ts);
    expect([slack.messages.length, outbox.isSettled("r/card")]).toEqual([1, true]);
  });

  it("has its place recorded when the disk works again, also when it shows mere progress", async () => {
    const { clock, slack, store, outbox } = setUp();
    outbox.want(wanted("r/card", "running", { priority: 3 }));
    while (slack.messages.length === 0) await clock.advance(1);
    store.failure = new Error("disk busy");
    await clock.advance(5000);
    store.failure = undefined;
    await clock.advance(60_000);
    expect(store.slot("r/card")?.ts).toBe(slack.of("r/card")[0]?.ts);
  });

  it("is not sent at all while it cannot be recorded that it will be", async () => {
    const { clock, slack, store, outbox } = setUp();
    store.failure = new Error("disk full");
    outbox.want(wanted("r/card", "running"));
    await clock.advance(5000);
    expect(slack.calls).toEqual([]);
    store.failure = undefined;
    await clock.advance(60_000);
    expect(slack.text("r/card")).toBe("running");
  });
});

describe("what Slack refuses", () => {
  it("replaces a message that somebody deleted, once", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    for (const posted of slack.messages) posted.deleted = true;
    outbox.want(wanted("r/card", "v1"));
    await clock.advance(5000);
    expect(slack.of("r/card").map(({ shown }) => shown.at(-1)?.text)).toEqual(["v1"]);
    for (const posted of slack.messages) posted.deleted = true;
    outbox.want(wanted("r/card", "v2", { terminal: true }));
    await clock.advance(5000);
    expect(slack.of("r/card")).toEqual([]);
    expect(outbox.isSettled("r/card")).toBe(true);
    expect(slack.messages.length).toBe(2);
  });

  it("replaces the card when a reply to it is refused, and then posts the reply", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "card"));
    await clock.advance(1000);
    for (const posted of slack.messages) posted.deleted = true;
    outbox.want(wanted("r/step", "step", { parent: "r/card" }));
    await clock.advance(30_000);
    expect(slack.of("r/card").length).toBe(1);
    expect(slack.of("r/step")[0]?.threadTs).toBe(slack.of("r/card")[0]?.ts);
  });

  it("is sent again in a simpler form, at last as plain text", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once(
      "post",
      { kind: "refused", code: "invalid_blocks" },
      { kind: "refused", code: "invalid_blocks" },
    );
    outbox.want(wanted("r/card", "running *now*"));
    await clock.advance(10_000);
    expect(slack.messages[0]?.shown[0]?.blocks).toEqual([
      { type: "section", text: { type: "plain_text", text: "running *now*", emoji: true } },
    ]);
    expect(outbox.isSettled("r/card")).toBe(true);
  });

  it("is simplified before it is sent when it breaks a limit of Slack's", async () => {
    const { clock, slack, outbox } = setUp();
    const blocks = Array.from({ length: 51 }, () => section("x"));
    outbox.want(wanted("r/card", "many", { content: { text: "many", blocks } }));
    await clock.advance(1000);
    expect(slack.messages[0]?.shown[0]?.blocks.length).toBe(1);
  });

  it("says that a channel is lost, goes on trying, and shows everything once the app is invited", async () => {
    const { clock, slack, store, settled, outbox } = setUp();
    slack.fault = (call) => (call.channel === "C1" ? { kind: "refused", code: "not_in_channel" } : undefined);
    outbox.want(wanted("r/card", "card"));
    outbox.want(wanted("r/step", "step", { parent: "r/card" }));
    await clock.advance(1000);
    expect(store.slot("r/card")?.lostReason).toBe("not_in_channel");
    expect(settled).toContain("r/card");
    expect(outbox.isSettled("r/card")).toBe(false);
    slack.fault = () => undefined;
    await clock.advance(130_000);
    expect(slack.text("r/card")).toBe("card");
    expect(slack.text("r/step")).toBe("step");
    expect(store.slot("r/card")?.lostReason).toBeUndefined();
  });

  it("gives a final state up after a few tries in a lost channel, and what hangs on it with it", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = () => ({ kind: "refused", code: "channel_not_found" });
    outbox.want(wanted("r/card", "card"));
    await clock.advance(1000);
    outbox.want(wanted("r/card", "done", { terminal: true }));
    outbox.want(wanted("r/step", "done", { parent: "r/card", terminal: true }));
    await clock.advance(60_000);
    expect(outbox.isSettled("r/card")).toBe(false);
    await clock.advance(600_000);
    expect(slack.calls.length).toBe(5);
    expect([outbox.isSettled("r/card"), outbox.isSettled("r/step")]).toEqual([true, true]);
  });

  it("keeps a final state for an archived channel although Slack had been failing before", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    slack.fault = () => ({ kind: "dropped" });
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(60_000);
    slack.fault = () => ({ kind: "refused", code: "is_inactive" });
    await clock.advance(60_000);
    slack.fault = () => undefined;
    await clock.advance(180_000);
    expect(slack.text("r/card")).toBe("done");
  });

  it("stops everything for a refused token, says so once, and goes on when the token is mended", async () => {
    const { clock, slack, lines, outbox } = setUp();
    slack.fault = () => ({ kind: "refused", code: "token_revoked" });
    for (const slot of ["a/card", "b/card", "c/card"]) outbox.want(wanted(slot, "card", { channel: slot }));
    await clock.advance(600_000);
    expect(slack.calls.length).toBeLessThan(10);
    expect(lines.filter((line) => line.includes("token_revoked")).length).toBe(1);
    slack.fault = () => undefined;
    await clock.advance(300_000);
    expect(["a/card", "b/card", "c/card"].map((slot) => slack.text(slot))).toEqual(["card", "card", "card"]);
  });

  it("sends a final state until it arrives, however long Slack is silent", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    slack.fault = () => ({ kind: "dropped" });
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(3_600_000);
    const tries = slack.calls.length;
    expect(tries).toBeGreaterThan(50);
    slack.fault = () => undefined;
    await clock.advance(75_000);
    expect(slack.text("r/card")).toBe("done");
  });
});

describe("a change that Slack may carry out late", () => {
  const shown = (slack: FakeSlack): readonly (string | undefined)[] =>
    slack.of("r/card").flatMap((posted) => posted.shown.map(({ text }) => text));

  it("does not have the last word: what follows it is told once more when it can no longer come", async () => {
    const { clock, slack, outbox, settled } = setUp();
    outbox.want(wanted("r/card", "queued"));
    await clock.advance(1000);
    slack.fault = once("update", { kind: "late", byMs: 12_000 });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(500);
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(5000);
    expect(shown(slack)).toEqual(["queued", "done"]);
    expect([outbox.isSettled("r/card"), settled.length, outbox.backlog]).toEqual([false, 1, 0]);
    await clock.advance(60_000);
    expect(shown(slack)).toEqual(["queued", "done", "running", "done"]);
    expect([outbox.isSettled("r/card"), settled.length]).toEqual([true, 2]);
  });

  it("is told no third time, and not at all when it says what is wanted or when news have followed in time", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "queued"));
    await clock.advance(1000);
    slack.fault = once("update", { kind: "late", byMs: 5000 });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(60_000);
    expect(shown(slack)).toEqual(["queued", "running", "running"]);
    slack.fault = once("update", { kind: "dropped" });
    outbox.want(wanted("r/card", "half done"));
    await clock.advance(60_000);
    outbox.want(wanted("r/card", "done"));
    await clock.advance(60_000);
    expect(shown(slack).slice(3)).toEqual(["half done", "done"]);
  });

  it("is followed by what is wanted also when the process dies in between", async () => {
    for (const priority of [1, 3] as const) {
      const { clock, slack, outbox, start } = setUp();
      outbox.want(wanted("r/card", "queued"));
      await clock.advance(3000);
      slack.fault = once("update", { kind: "late", byMs: 9000 });
      outbox.want(wanted("r/card", "running", { priority }));
      await clock.advance(10);
      const next = start();
      next.want(wanted("r/card", "done", { terminal: true }));
      await clock.advance(60_000);
      expect(shown(slack)).toEqual(["queued", "done", "running", "done"]);
    }
  });

  it("is remembered by the next process when what followed it has been told once", async () => {
    const { clock, slack, outbox, start } = setUp();
    outbox.want(wanted("r/card", "queued"));
    await clock.advance(1000);
    slack.fault = once("update", { kind: "late", byMs: 12_000 });
    outbox.want(wanted("r/card", "running"));
    await clock.advance(500);
    outbox.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(5000);
    const next = start();
    expect(outbox.isSettled("r/card")).toBe(false);
    next.want(wanted("r/card", "done", { terminal: true }));
    await clock.advance(60_000);
    expect(shown(slack).at(-1)).toBe("done");
    expect(next.isSettled("r/card")).toBe(true);
  });

  it("is not waited for at a shutdown, and costs nothing of what may be sent", async () => {
    const { clock, slack, outbox } = setUp();
    for (const slot of ["r/card", "s/card", "t/card"]) outbox.want(wanted(slot, "queued"));
    await clock.advance(5000);
    slack.fault = once("update", ...Array.from({ length: 3 }, () => ({ kind: "late", byMs: 9000 }) as const));
    for (const slot of ["r/card", "s/card", "t/card"]) outbox.want(wanted(slot, "running"));
    await clock.advance(500);
    for (const slot of ["r/card", "s/card", "t/card"]) outbox.want(wanted(slot, "done", { terminal: true }));
    await clock.advance(3000);
    await outbox.flush(600_000);
    expect(clock.monotonic()).toBeLessThan(20_000);
    await clock.advance(60_000);
    expect(slack.calls.filter(({ method }) => method === "update").length).toBe(9);
  });
});

describe("budgets", () => {
  it("post one message a second to a channel after a short burst, and other channels do not wait for it", async () => {
    const { clock, slack, outbox } = setUp();
    for (let index = 0; index < 6; index += 1) outbox.want(wanted(`r${index}/card`, "card"));
    outbox.want(wanted("other/card", "card", { channel: "C2", priority: 2 }));
    await clock.advance(900);
    expect(slack.calls.filter(({ channel }) => channel === "C1").length).toBe(3);
    expect(slack.text("other/card")).toBe("card");
    await clock.advance(3000);
    expect(slack.messages.length).toBe(7);
  });

  it("count what Slack posts beside it, such as for files", async () => {
    const { clock, slack, outbox } = setUp();
    const { team, channel } = wanted("r/card", "card");
    const reserved = [1, 2].map(() => outbox.reservePosting({ team, channel }));
    expect(reserved).toEqual([0, 0]);
    for (let index = 0; index < 3; index += 1) outbox.want(wanted(`r${index}/card`, "card"));
    await clock.advance(900);
    expect(slack.messages.length).toBe(1);
    await clock.advance(2000);
    expect(slack.messages.length).toBe(3);
  });

  it("give what Slack posts beside it its turn after what was sent, and before what is wanted later", async () => {
    const { clock, slack, outbox } = setUp();
    const { team, channel } = wanted("r/card", "card");
    for (let index = 0; index < 3; index += 1) outbox.want(wanted(`r${index}/card`, "card"));
    await clock.advance(500);
    expect(slack.messages.length).toBe(3);
    expect(outbox.reservePosting({ team, channel })).toBeLessThanOrEqual(500);
    expect(outbox.reservePosting({ team, channel })).toBeGreaterThan(1000);
    outbox.want(wanted("later/card", "card"));
    await clock.advance(1900);
    expect(slack.messages.length).toBe(3);
    await clock.advance(700);
    expect(slack.messages.length).toBe(4);
  });

  it("freeze one channel after a 429, and the workspace when a second channel gets one too", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = once("post", { kind: "limited", afterMs: 5000 });
    outbox.want(wanted("a/card", "a", { channel: "C1" }));
    await clock.advance(100);
    outbox.want(wanted("b/card", "b", { channel: "C2" }));
    await clock.advance(1000);
    expect(slack.text("b/card")).toBe("b");
    slack.fault = once("post", { kind: "limited", afterMs: 5000 });
    outbox.want(wanted("c/card", "c", { channel: "C3" }));
    await clock.advance(100);
    outbox.want(wanted("d/card", "d", { channel: "C4" }));
    await clock.advance(3000);
    expect(slack.text("d/card")).toBeUndefined();
    await clock.advance(10_000);
    expect(["a/card", "c/card", "d/card"].map((slot) => slack.text(slot))).toEqual(["a", "c", "d"]);
  });

  it("hold thirty runs that tick every second for two minutes below Slack's limits, and show every final state within ten seconds", async () => {
    const { clock, slack, outbox } = setUp();
    const strict = strictLimits(clock);
    const limited: FakeCall[] = [];
    slack.fault = (call) => {
      const fault = strict(call);
      if (fault !== undefined) limited.push(call);
      return fault;
    };
    const slots = Array.from({ length: 30 }, (_, index) => `r${index}/card`);
    for (const [index, slot] of slots.entries()) outbox.want(wanted(slot, "start", { channel: `C${index % 4}` }));
    const news = new Map(slots.map((slot) => [slot, { shown: 0, second: 0 }]));
    for (let second = 0; second < 120; second += 1) {
      for (const [index, slot] of slots.entries()) {
        if (second < 90 + index) {
          outbox.want(wanted(slot, `tick ${second}`, { channel: `C${index % 4}`, priority: 3 }));
        } else if (second === 90 + index) {
          outbox.want(wanted(slot, "done", { channel: `C${index % 4}`, terminal: true }));
        }
      }
      await clock.advance(1000);
      for (const [slot, last] of news) {
        const shown = slack.of(slot).at(-1)?.shown.length ?? 0;
        if (shown !== last.shown || outbox.isSettled(slot)) news.set(slot, { shown, second });
        else expect(second - last.second).toBeLessThan(75);
      }
    }
    await clock.advance(10_000);
    expect(slots.map((slot) => slack.text(slot))).toEqual(slots.map(() => "done"));
    expect(limited).toEqual([]);
  });

  it("keep updates for changes of state when progress has used the rest", async () => {
    const { clock, slack, outbox } = setUp();
    for (let index = 0; index < 10; index += 1)
      outbox.want(wanted(`r${index}/card`, "start", { channel: `C${index}` }));
    await clock.advance(10_000);
    for (let second = 0; second < 20; second += 1) {
      for (let index = 0; index < 10; index += 1) {
        outbox.want(wanted(`r${index}/card`, `tick ${second}`, { channel: `C${index}`, priority: 3 }));
      }
      await clock.advance(1000);
    }
    for (let index = 0; index < 5; index += 1) outbox.want(wanted(`r${index}/card`, "done", { terminal: true }));
    await clock.advance(200);
    expect([0, 1, 2, 3, 4].map((index) => slack.text(`r${index}/card`))).toEqual(Array(5).fill("done"));
  });
});

describe("the end of a process", () => {
  it("flushes what is waiting, and gives up at its deadline", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "done", { terminal: true }));
    let isFlushed = false;
    const flushing = outbox.flush(5000).then(() => (isFlushed = true));
    await clock.advance(200);
    expect(isFlushed).toBe(true);
    await flushing;
    slack.fault = () => ({ kind: "dropped" });
    outbox.want(wanted("r2/card", "done", { terminal: true }));
    const late = outbox.flush(5000);
    await clock.advance(5000);
    await late;
    expect(outbox.isSettled("r2/card")).toBe(false);
  });

  it("does not wait for a token that is refused, nor for a channel that nobody may post to", async () => {
    const { clock, slack, outbox } = setUp();
    slack.fault = (call) => (call.channel === "C1" ? { kind: "refused", code: "is_archived" } : undefined);
    outbox.want(wanted("r/card", "v0"));
    outbox.want(wanted("r/step", "v0", { parent: "r/card" }));
    await clock.advance(1000);
    await outbox.flush(600_000);
    slack.fault = () => ({ kind: "refused", code: "invalid_auth" });
    outbox.want(wanted("s/card", "v0", { channel: "C2" }));
    await clock.advance(1000);
    await outbox.flush(600_000);
    expect(slack.messages).toEqual([]);
  });

  it("sends nothing more once it is closed", async () => {
    const { clock, slack, outbox } = setUp();
    outbox.want(wanted("r/card", "v0"));
    await clock.advance(1000);
    await outbox[Symbol.asyncDispose]();
    outbox.want(wanted("r/card", "v1"));
    await clock.advance(10_000);
    expect(slack.calls.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

/** Slack's documented floors with a small burst: what is above them is answered with 429. */
function strictLimits(clock: FakeClock): (call: FakeCall) => Fault | undefined {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (call) => {
    const [key, rate, burst] = call.method === "update" ? ["update", 50 / 60, 15] : [`post ${call.channel}`, 1, 4];
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1 ? undefined : { kind: "limited", afterMs: 1000 };
  };
}
