import { SLACK_LIMITS } from "./slack-limits.ts";
import { isSettled, isToBeRepeated, type SlotEntry } from "./slot-entry.ts";

// A message that has waited this long counts as one class more urgent, so that nothing waits for ever.
const AGEING_MS = 15_000;
// Progress of one message is shown no more often than this, and all of it together within the minute's 50 updates.
const LEAST_INTERVAL_MS = 2000;
const INTERVAL_PER_LIVE_SLOT_MS = 1200;
const LIVE_FOR_MS = 30_000;

/** The entries that have something to send. */
export function openEntries(entries: Iterable<SlotEntry>): readonly SlotEntry[] {
  return Array.from(entries).filter((entry) => !entry.inFlight && !isSettled(entry));
}

/** Most urgent first. */
export function inOrder(entries: readonly SlotEntry[], now: number): readonly SlotEntry[] {
  return entries.toSorted((left, right) => {
    return urgency(left, now) - urgency(right, now) || left.waitingSince - right.waitingSince;
  });
}

function urgency(entry: SlotEntry, now: number): number {
  const aged = entry.priority - Math.floor((now - entry.waitingSince) / AGEING_MS);
  return Math.max(1, aged);
}

/** The moment from which the entry may be sent, budgets aside. */
export function readyAt(entry: SlotEntry, intervalMs: number): number {
  if (isToBeRepeated(entry)) return Math.max(entry.notBefore, entry.late?.untilMs ?? 0);
  const isProgress = entry.priority === 3 && entry.record.ts !== undefined;
  return Math.max(entry.notBefore, isProgress ? entry.lastSentAt + intervalMs : entry.notBefore);
}

/** How far apart the progress updates of one message must be, with as many messages moving as there are now. */
export function progressIntervalMs(entries: Iterable<SlotEntry>, now: number): number {
  let live = 0;
  // With the progress of one message all others of its run are wanted again, mostly as they are.
  for (const { wanted, changedAt } of entries) if (wanted.priority === 3 && now - changedAt < LIVE_FOR_MS) live += 1;
  return Math.max(LEAST_INTERVAL_MS, INTERVAL_PER_LIVE_SLOT_MS * live);
}

/** Tokens that a call of this entry leaves to what matters more. */
export function reserveFor(entry: SlotEntry): number {
  return entry.priority === 3 ? SLACK_LIMITS.reservedUpdates : 0;
}
