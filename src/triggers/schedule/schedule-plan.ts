import type { ScheduleSettings } from "../../config/schedule-settings.ts";
import { digestOf } from "../../platform/canonical-json.ts";
import { type CronReading, readCron } from "./cron-rule.ts";
import type { Timing } from "./occurrences.ts";
import type { ScheduleCursor } from "./schedule-log.ts";

/** A schedule as it is followed. */
export interface SchedulePlan {
  readonly settings: ScheduleSettings;
  readonly timing: Timing;
  /** The same for the same cron in the same zone. */
  readonly timingText: string;
  /** How much later than its time it starts, by its `jitter`. */
  readonly delayMs: number;
}

/** Undefined for a cron that cannot be read; checking the configuration finds that. */
export function trySchedulePlan(settings: ScheduleSettings): SchedulePlan | undefined {
  const { cron, zone, name, jitterMs } = settings;
  const reading: CronReading = readCron(cron);
  if (!reading.ok) return undefined;
  const timingText = `${cron.trim().split(/\s+/u).join(" ")} ${zone}`;
  return { settings, timing: { rule: reading.rule, zone }, timingText, delayMs: delayOf(name, jitterMs) };
}

/** The same after every start; to the second. */
function delayOf(name: string, jitterMs: number): number {
  const share = Number.parseInt(digestOf(name).slice(0, 8), 16) / 2 ** 32;
  return Math.floor((share * jitterMs) / 1000) * 1000;
}

/** What is new about the schedules. */
export interface ScheduleNews {
  /** Where each of them stands from now on. */
  readonly cursors: ReadonlyMap<string, ScheduleCursor>;
  /** In words; empty when nothing is. */
  readonly changes: readonly string[];
}

// Further back than a clock that runs well is corrected at a time.
const SET_BACK_MS = 1000;
/** The clock may be set while nothing happens; this is how late that is noticed. */
export const LOOK_MS = 30_000;

/**
 * Compares the schedules with what the log knows of them. One that is new counts from now on, and so does one that is another in cron or
 * zone: what would have been before was never promised. One that was followed by a clock that was ahead counts from when that was set
 * back: what it has started stays started, and is not started again.
 */
export function scheduleNews(
  plans: readonly SchedulePlan[],
  known: ReadonlyMap<string, ScheduleCursor>,
  nowMs: number,
): ScheduleNews {
  const cursors = new Map<string, ScheduleCursor>();
  const changes: string[] = [];
  for (const { settings, timingText } of plans) {
    const { name } = settings;
    const cursor = known.get(name);
    const isSame = cursor?.timing === timingText;
    const isAhead = cursor !== undefined && cursor.untilMs > nowMs + SET_BACK_MS;
    if (cursor !== undefined && isSame && !isAhead) {
      cursors.set(name, cursor);
      continue;
    }
    changes.push(`${name} ${changeOf(cursor, isSame)}`);
    cursors.set(name, { timing: timingText, untilMs: isSame ? nowMs - LOOK_MS : nowMs });
  }
  const removed = [...known.keys()].filter((name) => !cursors.has(name)).map((name) => `${name} removed`);
  return { cursors, changes: [...changes, ...removed] };
}

function changeOf(cursor: ScheduleCursor | undefined, isSame: boolean): string {
  if (cursor === undefined) return "added";
  return isSame ? "counts anew, because the clock was set back" : "changed";
}
