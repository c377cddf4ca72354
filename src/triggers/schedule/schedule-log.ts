import { z } from "zod";

import type { LogFact } from "../../engine/ports.ts";

/** Where a schedule stood: everything up to `until` was dealt with. */
const Cursor = z.object({ name: z.string(), timing: z.string(), until: z.number() });

/** What the stream `schedules` holds. */
const ScheduleFact = z.discriminatedUnion("type", [
  /** All schedules that there are from then on, because some are new or others, or so that a start need not read further back. */
  z.object({ type: z.literal("schedules.known"), schedules: z.array(Cursor) }),
  /** It was asked for, also where it is on record before. */
  z.object({ type: z.literal("schedule.asked"), schedule: z.string(), occurrence: z.number() }),
  /** Up to `occurrence` nothing is asked for any more; `reason` says why. */
  z.object({ type: z.literal("schedule.skipped"), schedule: z.string(), occurrence: z.number() }),
]);
type ScheduleFact = z.infer<typeof ScheduleFact>;

/** What is known of one schedule. */
export interface ScheduleCursor {
  /** The text of what it follows: another one is another schedule. */
  readonly timing: string;
  readonly untilMs: number;
}

/** The stream `schedules` of the log. */
export interface ScheduleLog {
  /** Its end, newest first. */
  newest(limit: number): readonly unknown[];
  /** Resolves when it is on the disk; rejects with `store.*`. */
  append(facts: readonly LogFact[]): Promise<void>;
}

const FIRST_LOOK = 600;

/** What the log says of every schedule, by name, and how many facts had to be read for it. */
export function readCursors(log: Pick<ScheduleLog, "newest">): {
  readonly cursors: ReadonlyMap<string, ScheduleCursor>;
  readonly facts: number;
} {
  for (let limit = FIRST_LOOK; ; limit *= 8) {
    const rows = log.newest(limit);
    const facts = rows.map((row) => ScheduleFact.parse(row));
    const known = facts.findIndex(({ type }) => type === "schedules.known");
    if (known === -1 && rows.length === limit) continue;
    const sinceThen = known === -1 ? facts : facts.slice(0, known + 1);
    return { cursors: fold(sinceThen.toReversed()), facts: sinceThen.length };
  }
}

function fold(facts: readonly ScheduleFact[]): ReadonlyMap<string, ScheduleCursor> {
  const cursors = new Map<string, ScheduleCursor>();
  for (const fact of facts) {
    if (fact.type === "schedules.known") {
      for (const { name, timing, until } of fact.schedules) cursors.set(name, { timing, untilMs: until });
      continue;
    }
    const cursor = cursors.get(fact.schedule);
    if (cursor !== undefined) cursors.set(fact.schedule, { ...cursor, untilMs: fact.occurrence });
  }
  return cursors;
}
