import { expect, it } from "vitest";

import { timeLimit } from "../../../src/platform/time-limit.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("aborts when its time is over by the clock that it was given, and not before", async () => {
  const clock = new FakeClock();
  using limit = timeLimit(clock, 5000);
  await clock.advance(4999);
  expect(limit.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(limit.signal.reason).toMatchObject({ name: "TimeoutError", message: "It took longer than 5000 ms." });
});

it("leaves no timer behind when the work ends sooner", async () => {
  const clock = new FakeClock();
  {
    using limit = timeLimit(clock, 5000);
    expect([clock.pendingTimers, limit.signal.aborted]).toEqual([1, false]);
  }
  expect(clock.pendingTimers).toBe(0);
});
