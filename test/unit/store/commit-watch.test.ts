import { expect, it } from "vitest";

import { GENESIS } from "../../../src/audit/hash-chain.ts";
import { CommitWatch } from "../../../src/store/commit-watch.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const TRANSACTION = { nextSequence: 1, head: GENESIS, append: () => 1 };

it("tells how long commits take, and for a while that one failed", async () => {
  const clock = new FakeClock();
  const watch = new CommitWatch(clock);
  const told: unknown[] = [];
  watch.listen((durationMs, isOnDisk) => void told.push([durationMs, isOnDisk]));
  watch.write(TRANSACTION);
  await clock.advance(3);
  watch.ended(true);
  expect(watch.isFailing).toBe(false);
  // One that did not even begin.
  watch.ended(false);
  expect(told).toEqual([
    [3, true],
    [0, false],
  ]);
  expect(watch.isFailing).toBe(true);
  await clock.advance(30_000);
  expect(watch.isFailing).toBe(false);
  watch.ended(false);
  watch.write(TRANSACTION);
  watch.ended(true);
  expect(watch.isFailing).toBe(false);
});
