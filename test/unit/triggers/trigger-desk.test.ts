import { describe, expect, it } from "vitest";

import type { MachineAsk, MachineDoor, Noted } from "../../../src/engine/machine-door.ts";
import type { Trigger } from "../../../src/triggers/compile-triggers.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { TriggerDesk } from "../../../src/triggers/trigger-desk.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { eventOf, fakeKind } from "./fake-kind.ts";

const SHA = "a".repeat(40);
const MINUTE = 60_000;
const PUSH = { repository: "checkout", commit: SHA };

const TRIGGER: Trigger = {
  machine: { sort: "trigger", name: "green" },
  kind: fakeKind,
  settings: {},
  secrets: [{ secret: "HOOK" }],
  starts: [
    {
      command: "promote",
      when: "${{ event.repository == 'checkout' }}",
      inputs: {
        service: "${{ event.repository }}",
        revision: "${{ event.commit }}",
        times: "${{ event.number }}",
        none: "",
      },
    },
  ],
  sameWithinMs: 10 * MINUTE,
  oldestMs: 60 * MINUTE,
};

/** Remembers what is on record, as the log does. */
class FakeDoor implements Pick<MachineDoor, "ask" | "note" | "recordedAt"> {
  readonly records = new Map<string, number>();
  readonly asks: MachineAsk[] = [];
  readonly notes: string[] = [];
  readonly noted: { readonly command: string; readonly key: string }[] = [];
  readonly failed: string[] = [];
  /** False while it is not known who asks. */
  isReady = true;
  /** How many deliveries cannot be written. */
  fails = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async ask(key: string, ask: MachineAsk) {
    if (!this.isReady) throw new AppError("not yet", { code: "machine.not-ready", retry: "backoff" });
    const isNew = await this.#record(key);
    if (isNew) this.asks.push(ask);
    return { isNew, answer: Promise.resolve(undefined) };
  }

  async note(key: string, { reason, asks = [], failed = [] }: Noted) {
    const isNew = await this.#record(key);
    if (isNew) this.notes.push(reason);
    if (isNew) this.noted.push(...asks);
    if (isNew) this.failed.push(...failed.map((one) => `${one.command} ${one.reason}`));
    return isNew;
  }

  recordedAt(key: string): number | undefined {
    return this.records.get(key);
  }

  /** What is handed in during one turn is written together at its end. */
  async #record(key: string): Promise<boolean> {
    const isLost = this.fails > 0;
    await new Promise((resolve) => setImmediate(resolve));
    this.fails = 0;
    if (isLost) throw new AppError("the disk is full", { code: "store.full", retry: "backoff" });
    if (this.records.has(key)) return false;
    this.records.set(key, this.#clock.now());
    return true;
  }
}

function rig(change: Partial<Trigger> = {}) {
  const clock = new FakeClock();
  const door = new FakeDoor(clock);
  const desk = new TriggerDesk({ machines: door, clock });
  const trigger = { ...TRIGGER, ...change };
  const tell = (delivery: string, ...events: (typeof PUSH & { readonly at?: number })[]) =>
    desk.take(trigger, { kind: "events", delivery, events: events.map(eventOf) });
  return { clock, door, desk, tell, trigger };
}

describe("a delivery", () => {
  it("asks for what its events fit, with values as they would be typed", async () => {
    const { door, tell } = rig();
    expect(await tell("1", PUSH)).toEqual({ isNew: true, asked: ["promote"], reasons: [] });
    expect(door.asks).toEqual([
      {
        machine: TRIGGER.machine,
        door: "trigger",
        command: "promote",
        typed: { values: { service: "checkout", revision: SHA, times: "7" } },
        cause: { says: "checkout has aaaaaaa" },
      },
    ]);
    expect(door.notes).toEqual([""]);
    expect(door.noted).toEqual([{ command: "promote", key: expect.stringContaining("trigger/green/same/") }]);
  });

  it("starts nothing a second time, and says that it was dealt with", async () => {
    const { door, tell } = rig();
    const [first, second] = await Promise.all([tell("1", PUSH), tell("1", PUSH)]);
    const third = await tell("1", PUSH);
    expect([first.isNew, second.isNew, third.isNew]).toEqual([true, false, false]);
    expect(third.reasons).toEqual(["this delivery was dealt with before"]);
    expect(door.asks).toHaveLength(1);
  });

  it("that tells the same at the same moment as another one is on record as that, and asks for nothing", async () => {
    const { door, tell } = rig();
    const other = { ...PUSH, commit: "b".repeat(40) };
    const taken = await Promise.all([tell("1", PUSH), tell("2", PUSH), tell("3", other, PUSH), tell("4", other)]);
    expect(taken.map(({ asked }) => asked)).toEqual([["promote"], [], [], ["promote"]]);
    const reason = "promote: the same was told by another delivery at the same moment";
    expect(taken.map(({ reasons }) => reasons)).toEqual([[], [reason], [reason], []]);
    expect(door.notes).toEqual(["", "", reason, reason]);
    expect(door.asks).toHaveLength(2);
  });

  it("that tells the same as one that could not be recorded asks for it itself", async () => {
    const { door, tell } = rig();
    door.fails = 1;
    const [lost, found] = await Promise.allSettled([tell("1", PUSH), tell("2", PUSH)]);
    expect([lost.status, found]).toMatchObject(["rejected", { value: { asked: ["promote"] } }]);
  });

  it("tells the same twice itself and asks once", async () => {
    const { door, tell } = rig({ sameWithinMs: 0 });
    expect(await tell("1", PUSH, PUSH)).toMatchObject({ asked: ["promote"] });
    expect(door.asks).toHaveLength(1);
  });

  it("is not on record where it is not known yet who asks: it is taken when it is sent again", async () => {
    const { door, tell } = rig();
    door.isReady = false;
    await expect(tell("1", PUSH)).rejects.toMatchObject({ code: "machine.not-ready" });
    expect(door.notes).toEqual([]);
    door.isReady = true;
    expect(await tell("1", PUSH)).toMatchObject({ isNew: true, asked: ["promote"] });
  });

  it("that tells the same fact as another one starts nothing for a while, and then does", async () => {
    const { clock, door, tell } = rig();
    await tell("1", PUSH);
    await clock.advance(9 * MINUTE);
    const again = await tell("2", PUSH);
    expect(again).toMatchObject({
      isNew: true,
      asked: [],
      reasons: ["promote: the same was told by another delivery 9 min before"],
    });
    expect(await tell("3", { ...PUSH, commit: "b".repeat(40) })).toMatchObject({ asked: ["promote"] });
    await clock.advance(2 * MINUTE);
    expect(await tell("4", PUSH)).toMatchObject({ asked: ["promote"] });
    expect(door.asks).toHaveLength(3);
  });

  it("tells the same fact in any span of that time, wherever it begins", async () => {
    for (const offset of [0, 1, 3, 5, 7, 9, 10]) {
      const { clock, tell } = rig();
      await clock.advance(offset * MINUTE);
      await tell("1", PUSH);
      await clock.advance(10 * MINUTE - 1);
      expect((await tell("2", PUSH)).asked).toEqual([]);
      await clock.advance(1);
      expect((await tell("3", PUSH)).asked).toEqual(["promote"]);
    }
  });

  it("tells every fact anew where that time is nothing", async () => {
    const { door, tell } = rig({ sameWithinMs: 0 });
    await tell("1", PUSH);
    await tell("2", PUSH);
    expect([await tell("2", PUSH), door.asks.length]).toMatchObject([{ isNew: false }, 2]);
  });

  it("of what is old or from the future starts nothing, and says so", async () => {
    const { clock, door, tell } = rig();
    await clock.advance(100 * MINUTE);
    const now = clock.now();
    expect((await tell("1", { ...PUSH, at: now - 61 * MINUTE })).reasons).toEqual([
      "it happened more than 1 h ago, by its own account",
    ]);
    expect((await tell("2", { ...PUSH, at: now + 6 * MINUTE })).reasons[0]).toMatch(/from the future/u);
    expect(door.asks).toEqual([]);
    expect((await tell("3", { ...PUSH, at: now + 4 * MINUTE })).asked).toEqual(["promote"]);
  });

  it("whose conditions do not hold, or whose values cannot be told, starts nothing and says why", async () => {
    const { door, tell } = rig();
    expect((await tell("1", { ...PUSH, repository: "web" })).reasons).toEqual(["promote: its condition does not hold"]);
    expect([door.notes.length, door.failed]).toEqual([1, []]);
    const broken = rig({ starts: [{ command: "promote", inputs: { service: "${{ event.nothing.there }}" } }] });
    expect((await broken.tell("1", PUSH)).reasons[0]).toMatch(/promote: the value for "service" cannot be told/u);
    await broken.tell("1", PUSH);
    expect(broken.door.failed).toEqual([expect.stringContaining('promote the value for "service" cannot be told')]);
    const list = rig({ starts: [{ command: "promote", inputs: { service: "${{ [1, 2] }}" } }] });
    expect((await list.tell("1", PUSH)).reasons).toEqual(['promote: the value for "service" is no text']);
  });

  it("with more events than anybody sends is read as far as that", async () => {
    const { door, tell } = rig();
    const events = Array.from({ length: 150 }, (_, index) => ({ ...PUSH, commit: String(index).padStart(40, "0") }));
    const taken = await tell("1", ...events);
    expect([door.asks.length, taken.reasons]).toEqual([100, ["only the first 100 events of a delivery are read"]]);
  });

  it("that tells nothing is on record as well", async () => {
    const { desk, door, trigger } = rig();
    const ping = { kind: "nothing", delivery: "p", reason: "a ping" } as const;
    expect(await desk.take(trigger, ping)).toEqual({ isNew: true, asked: [], reasons: ["a ping"] });
    expect((await desk.take(trigger, ping)).isNew).toBe(false);
    expect(door.notes).toEqual(["a ping"]);
  });

  it("by any name is a key of its own", async () => {
    const { door, tell } = rig({ sameWithinMs: 0 });
    for (const name of ["a/b", "a", "a/same", "../x", "", "x".repeat(5000), "é"]) {
      expect((await tell(name, { ...PUSH, commit: name.padStart(40, "0").slice(0, 40) })).isNew).toBe(true);
    }
    expect(Math.max(...Array.from(door.records.keys(), (key) => key.length))).toBeLessThan(220);
  });
});
