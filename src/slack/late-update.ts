import type { SlotRecord } from "../engine/ports.ts";

/** A change of a message whose answer was lost: Slack may still carry it out, over newer ones. Times are of the monotonic clock. */
export interface LateUpdate {
  /** Of what it says; undefined when that is not known, or when there are several. */
  readonly hash: string | undefined;
  /** From then on Slack has carried it out or never will. */
  readonly untilMs: number;
}

// What waits on the way or in Slack's own queues is dropped there by then: nobody would hear the answer any more.
const LATE_FOR_MS = 15_000;

/** What may come late after a process that ended: of a change that was under way, the log does not know what became. */
export function lateAtStart(record: SlotRecord | undefined, now: number): LateUpdate | undefined {
  const isKnown = record?.ts === undefined || record.sentHash !== undefined;
  return isKnown ? undefined : { hash: undefined, untilMs: now + LATE_FOR_MS };
}

/** The answer to a change that says `hash` was lost now. */
export function alsoLate(before: LateUpdate | undefined, hash: string, now: number): LateUpdate {
  // The change that has to follow this one comes after everything that was over by now.
  const isSame = before === undefined || before.untilMs <= now || before.hash === hash;
  return { hash: isSame ? hash : undefined, untilMs: now + LATE_FOR_MS };
}

/** What may still come late after a change that began then and that Slack has carried out. */
export function stillLate(before: LateUpdate | undefined, begunAt: number): LateUpdate | undefined {
  return before === undefined || begunAt >= before.untilMs ? undefined : before;
}
