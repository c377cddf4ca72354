import { beforeEach, describe, expect, it } from "vitest";

import { silentLogger } from "../../../src/platform/logger.ts";
import { HomeTab } from "../../../src/slack/home-tab.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { lookups } from "./sample-run.ts";

const MINUTE_MS = 60_000;

/** Slack's side of Home tabs, which takes as long as the test says. */
class Rig {
  readonly clock = new FakeClock();
  readonly published: string[] = [];
  /** Awaited before Slack has taken a tab. */
  slack: Promise<void> = Promise.resolve();
  readonly tab = new HomeTab({
    gateway: {
      publishHome: async (user) => {
        this.published.push(user);
        await this.slack;
        return { status: "done" };
      },
    },
    source: {
      homeOf: () => Promise.resolve({ waiting: [], isWaitingIncomplete: false, own: [], locks: [], services: [] }),
    },
    lookups,
    clock: this.clock,
    logger: silentLogger,
  });

  async open(viewers: number): Promise<void> {
    for (let index = 0; index < viewers; index += 1) await this.tab.opened({ team: "T1", user: `U${index}` });
    this.published.length = 0;
  }
}

describe("the Home tab", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  it("is shown anew to those who look at it once after a burst of changes", async () => {
    await rig.open(2);
    for (let index = 0; index < 10; index += 1) rig.tab.changed();
    await rig.clock.advance(MINUTE_MS);
    expect(rig.published).toEqual(["U0", "U1"]);
  });

  it("stays below what Slack takes in a minute, however many look at it and however much changes", async () => {
    await rig.open(60);
    for (let second = 0; second < 600; second += 1) {
      rig.tab.changed();
      await rig.clock.advance(1000);
    }
    expect(rig.published.length / 10).toBeLessThan(90);
    expect(rig.published.length / 10).toBeGreaterThan(70);
  });

  it("is never shown by two at once, so that what is old does not follow what is new", async () => {
    await rig.open(1);
    const late = Promise.withResolvers<void>();
    rig.slack = late.promise;
    rig.tab.changed();
    await rig.clock.advance(MINUTE_MS);
    rig.tab.changed();
    await rig.clock.advance(MINUTE_MS);
    expect(rig.published).toEqual(["U0"]);
    late.resolve();
    await settle();
    await rig.clock.advance(MINUTE_MS);
    expect(rig.published).toEqual(["U0", "U0"]);
  });

  it("is left alone when the server ends, and by those who have not looked for an hour", async () => {
    await rig.open(1);
    await rig.clock.advance(61 * MINUTE_MS);
    rig.tab.changed();
    await rig.clock.advance(MINUTE_MS);
    await rig.open(1);
    rig.tab.changed();
    rig.tab[Symbol.dispose]();
    rig.tab.changed();
    await rig.clock.advance(MINUTE_MS);
    expect(rig.published).toEqual([]);
  });
});
