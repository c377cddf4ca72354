import { expect, test } from "vitest";

import { progressIntervalMs } from "../../../src/slack/outbox-order.ts";
import { newEntry, renew, type SlotEntry, type Wanted } from "../../../src/slack/slot-entry.ts";

const wanted = (slot: string, text: string): Wanted => ({
  slot,
  team: "T1",
  channel: "C1",
  content: { text, blocks: [] },
  priority: 3,
  terminal: false,
});

function entries(count: number): readonly SlotEntry[] {
  return Array.from({ length: count }, (_, index) =>
    newEntry(wanted(`run_1/${index}`, "first"), undefined, { now: 0, wallNow: 0 }),
  );
}

test("the interval between updates grows with the messages that change", () => {
  expect(progressIntervalMs(entries(100), 1000)).toBe(2 * progressIntervalMs(entries(50), 1000));
});

test("messages that are wanted again as they are take nothing from those that change", () => {
  const all = entries(100);
  for (const [index, entry] of all.entries())
    renew(entry, wanted(entry.wanted.slot, index < 50 ? "new" : "first"), 60_000);
  expect(progressIntervalMs(all, 60_000)).toBe(progressIntervalMs(entries(50), 1000));
});
