import { describe, expect, it } from "vitest";

import type { Clock } from "../../../src/platform/clock.ts";
import { PacedWork } from "../../../src/slack/paced-work.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const LASTS_MS = 10;

/** Work that takes its time. */
class PacedRig {
  readonly clock = new FakeClock();
  times = 0;
  readonly paced: PacedWork;

  constructor() {
    const { clock } = this;
    const whileWorking: Clock = {
      now: clock.now,
      monotonic: () => clock.monotonic() + this.times * LASTS_MS,
      setTimer: (delayMs, action) => clock.setTimer(delayMs, action),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
    this.paced = new PacedWork({ clock: whileWorking, share: 20, work: () => void (this.times += 1) });
  }
}

describe("paced work", () => {
  it("is done once for all who ask before it begins, and never at once", async () => {
    const rig = new PacedRig();
    rig.paced.plan();
    rig.paced.plan();
    expect(rig.times).toBe(0);
    await settle();
    expect(rig.times).toBe(1);
  });

  it("takes at most its share of the time", async () => {
    const rig = new PacedRig();
    rig.paced.plan();
    await settle();
    rig.paced.plan();
    await rig.clock.advance(20 * LASTS_MS - 1);
    expect(rig.times).toBe(1);
    await rig.clock.advance(1);
    expect(rig.times).toBe(2);
  });

  it("is not done again when nobody asks", async () => {
    const rig = new PacedRig();
    rig.paced.plan();
    await rig.clock.advance(60_000);
    expect(rig.times).toBe(1);
    expect(rig.clock.pendingTimers).toBe(0);
  });
});
