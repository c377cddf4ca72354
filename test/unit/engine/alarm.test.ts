import { describe, expect, it } from "vitest";

import { Alarm } from "../../../src/engine/alarm.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** An alarm over moments in a list; what is due leaves the list, unless `isBroken`. */
class AlarmRig {
  readonly clock = new FakeClock();
  /** How long after the start it rang, each time. */
  readonly rungAfter: number[] = [];
  readonly alarm: Alarm;
  moments: number[];
  isBroken = false;
  isClosed = false;
  onRing: () => void = () => undefined;

  constructor(...inMs: readonly number[]) {
    this.moments = inMs.map((each) => this.clock.now() + each);
    this.alarm = new Alarm({
      store: { nextWake: () => this.#next() },
      clock: this.clock,
      logger: silentLogger,
      wakeDue: () => this.#wake(),
    });
  }

  #next(): { run: string; at: number } | undefined {
    if (this.isClosed) throw new Error("the store is closed");
    const at = Math.min(...this.moments);
    return Number.isFinite(at) ? { run: "run_1", at } : undefined;
  }

  async #wake(): Promise<void> {
    const due = this.moments.filter((at) => at <= this.clock.now());
    if (due.length > 0) this.rungAfter.push(this.clock.monotonic());
    this.onRing();
    if (this.isBroken) throw new Error("disk full");
    this.moments = this.moments.filter((at) => at > this.clock.now());
    await Promise.resolve();
  }
}

describe("the alarm", () => {
  it("rings at each moment of the log, with one timer", async () => {
    const rig = new AlarmRig(5000, 1000, 300_000);
    rig.alarm.arm();
    expect(rig.clock.pendingTimers).toBe(1);
    await rig.clock.advance(400_000);
    expect(rig.rungAfter).toEqual([1000, 5000, 300_000]);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("rings at once for what was due while the server was away", async () => {
    const rig = new AlarmRig(-60_000);
    rig.alarm.arm();
    await rig.clock.advance(0);
    expect(rig.rungAfter).toEqual([0]);
  });

  it("takes an earlier moment that comes up later, and none that is later than the one it has", async () => {
    const rig = new AlarmRig(50_000);
    rig.alarm.arm();
    const at = rig.clock.now();
    rig.moments.push(at + 2000);
    rig.alarm.expect(at + 2000);
    rig.alarm.expect(at + 70_000);
    rig.alarm.expect(undefined);
    await rig.clock.advance(60_000);
    expect(rig.rungAfter).toEqual([2000, 50_000]);
  });

  it("is late by a minute at most when the clock is set forward, and not early when it is set back", async () => {
    const rig = new AlarmRig(3_600_000);
    rig.alarm.arm();
    rig.clock.step(3_600_000);
    await rig.clock.advance(60_000);
    expect(rig.rungAfter).toHaveLength(1);
    const back = new AlarmRig(120_000);
    back.alarm.arm();
    back.clock.step(-600_000);
    await back.clock.advance(719_000);
    expect(back.rungAfter).toEqual([]);
    await back.clock.advance(1000);
    expect(back.rungAfter).toEqual([720_000]);
  });

  it("tries again what could not be recorded, every five seconds and no oftener", async () => {
    const rig = new AlarmRig(1000);
    rig.isBroken = true;
    rig.alarm.arm();
    await rig.clock.advance(11_000);
    expect(rig.rungAfter).toEqual([1000, 6000, 11_000]);
    rig.isBroken = false;
    await rig.clock.advance(60_000);
    expect(rig.rungAfter).toEqual([1000, 6000, 11_000, 16_000]);
  });

  it("goes on when the log could not be read for a moment", async () => {
    const rig = new AlarmRig(1000, 3000);
    rig.onRing = () => void (rig.isClosed = true);
    rig.alarm.arm();
    await rig.clock.advance(4000);
    rig.isClosed = false;
    rig.onRing = () => undefined;
    await rig.clock.advance(4000);
    expect(rig.rungAfter).toEqual([1000, 6000]);
  });

  it("does nothing once the server ends", async () => {
    const rig = new AlarmRig(1000);
    rig.alarm.arm();
    rig.alarm[Symbol.dispose]();
    rig.alarm.expect(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("leaves the store alone when the server ends while it rings", async () => {
    const rig = new AlarmRig(1000, 2000);
    rig.onRing = () => {
      rig.alarm[Symbol.dispose]();
      rig.isClosed = true;
    };
    rig.alarm.arm();
    await rig.clock.advance(5000);
    expect(rig.rungAfter).toEqual([1000]);
  });
});
