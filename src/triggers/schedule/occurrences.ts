import { civilDay, civilTime, momentsOf } from "../../platform/civil-time.ts";
import type { CronRule } from "./cron-rule.ts";

/** What a schedule follows: the times of a rule, on the clocks of a zone. */
export interface Timing {
  readonly rule: CronRule;
  readonly zone: string;
}

// The 29th of February is a Friday every 28 years, and every 40 around 2100.
const FARTHEST_DAYS = 41 * 366;

/**
 * The first occurrence after a moment; undefined when there is none in the next forty years. Pure.
 *
 * Every time that the rule names occurs once: one that clocks jump over occurs at the moment of the jump, together with all others that
 * the jump leaves out, and one that they show twice occurs when they show it first.
 */
export function nextOccurrence(timing: Timing, afterMs: number): number | undefined {
  const today = civilTime(afterMs, timing.zone).day;
  // What a jump leaves out belongs to the day before, where the jump is at midnight or as long as a day.
  for (let day = today - 1; day <= today + FARTHEST_DAYS; day += 1) {
    const times = timesOf(timing, day);
    if (times === undefined || times.at(times.count - 1) <= afterMs) continue;
    return times.at(firstAfter(times, afterMs));
  }
  return undefined;
}

/** The last occurrence in a span without its first moment; undefined where there is none. Pure. */
export function lastOccurrence(
  timing: Timing,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): number | undefined {
  const first = civilTime(afterMs, timing.zone).day - 1;
  // Where clocks go back soon after midnight, some of the next day was shown already.
  for (let day = civilTime(untilMs, timing.zone).day + 1; day >= first; day -= 1) {
    const times = timesOf(timing, day);
    if (times === undefined || times.at(0) > untilMs) continue;
    const atMs = times.at(firstAfter(times, untilMs) - 1);
    return atMs > afterMs ? atMs : undefined;
  }
  return undefined;
}

interface DayTimes {
  readonly count: number;
  /** The moment of one of them; a later one is never at an earlier moment. */
  at(index: number): number;
}

function timesOf({ rule, zone }: Timing, day: number): DayTimes | undefined {
  if (!rule.isDay(civilDay(day))) return undefined;
  const { hours, minutes, seconds } = rule;
  const momentAt = momentsOf(day, zone);
  const anHour = minutes.length * seconds.length;
  return {
    count: hours.length * anHour,
    at(index) {
      const hour = hours[Math.floor(index / anHour)] ?? 0;
      const minute = hour * 60 + (minutes[Math.floor(index / seconds.length) % minutes.length] ?? 0);
      const second = seconds[index % seconds.length] ?? 0;
      const atMs = momentAt(minute);
      return second > 0 && isShown(atMs, { day, minute, zone }) ? atMs + second * 1000 : atMs;
    },
  };
}

/** Whether clocks show the minute at its moment, or have jumped over it. */
function isShown(
  atMs: number,
  { day, minute, zone }: { readonly day: number; readonly minute: number; readonly zone: string },
): boolean {
  const shown = civilTime(atMs, zone);
  return shown.day === day && shown.minute === minute;
}

function firstAfter(times: DayTimes, atMs: number): number {
  let [low, high] = [0, times.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (times.at(middle) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
