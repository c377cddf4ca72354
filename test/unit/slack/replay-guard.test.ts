import { expect, it } from "vitest";

import { ReplayGuard } from "../../../src/slack/replay-guard.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("accepts each signature once for as long as it is good", async () => {
  const clock = new FakeClock();
  const guard = new ReplayGuard(clock);
  expect([guard.accept("a"), guard.accept("a"), guard.accept("b")]).toEqual([true, false, true]);
  await clock.advance(599_000);
  expect(guard.accept("a")).toBe(false);
  await clock.advance(2000);
  expect([guard.accept("c"), guard.accept("a")]).toEqual([true, false]);
});

it("forgets what is good no more", async () => {
  const clock = new FakeClock();
  const guard = new ReplayGuard(clock);
  guard.accept("a");
  for (const other of ["b", "c"]) {
    await clock.advance(601_000);
    guard.accept(other);
  }
  expect(guard.accept("a")).toBe(true);
});

it("keeps no more than a bounded number, the newest", () => {
  const guard = new ReplayGuard(new FakeClock());
  for (let index = 0; index < 150_000; index += 1) guard.accept(String(index));
  expect(guard.accept("0")).toBe(true);
  expect(guard.accept("149999")).toBe(false);
});
