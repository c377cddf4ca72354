import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ANA, createTestSlack, DEPLOYS } from "./slack-test-world.ts";

describe("the ts of messages", () => {
  test("increases strictly within a channel, also when the clock stands still or goes back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 2, maxLength: 40 }), (steps) => {
        const { clock, world } = createTestSlack();
        const seen = steps.map((step) => {
          clock.step(step);
          return world.messages.add({ channel: DEPLOYS, user: ANA, text: "x" }).ts;
        });
        expect(seen.every((ts) => /^\d{10}\.\d{6}$/u.test(ts))).toBe(true);
        expect([...new Set(seen)].toSorted()).toEqual(seen);
      }),
      { numRuns: 50 },
    );
  });
});

describe("waiting for a change", () => {
  test("resolves with what the probe finds, at once or after a change", async () => {
    const { world } = createTestSlack();
    const found = world.changes.until("a message", () => world.messages.all(DEPLOYS)[0]);
    world.messages.add({ channel: DEPLOYS, user: ANA, text: "here" });
    expect((await found).text).toBe("here");
    expect(await world.changes.until("now", () => 7)).toBe(7);
  });

  test("fails with what was waited for when its time is over", async () => {
    const { clock, world } = createTestSlack();
    const waiting = world.changes.until("rain", () => false, 500);
    await Promise.all([expect(waiting).rejects.toThrow("rain"), clock.advance(500)]);
    expect(clock.pendingTimers).toBe(0);
  });
});
