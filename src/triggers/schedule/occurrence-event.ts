import { z } from "zod";

import type { ScheduleSettings } from "../../config/schedule-settings.ts";
import { civilDay, civilTime } from "../../platform/civil-time.ts";
import { isoTime } from "../../platform/clock.ts";
import { decideStarts, type StartDecision } from "../decide-starts.ts";

/** What expressions see of an occurrence as `event`. */
export const OccurrenceEvent = z.strictObject({
  at: z.string().meta({ description: "When it was due, on the clocks of the zone: `2026-11-23T09:00:00+01:00`" }),
  date: z.string().meta({ description: "The day of that: `2026-11-23`" }),
  schedule: z.string().meta({ description: "The name of the schedule" }),
});
export type OccurrenceEvent = z.infer<typeof OccurrenceEvent>;

export interface Occurrence {
  readonly schedule: string;
  readonly zone: string;
  readonly atMs: number;
}

function occurrenceEvent({ schedule, zone, atMs }: Occurrence): OccurrenceEvent {
  const { day, minute } = civilTime(atMs, zone);
  const date = dateText(day);
  const offset = day * 1440 + minute - Math.floor(atMs / 60_000);
  const second = Math.floor(atMs / 1000) % 60;
  const time = `${clockText(minute)}:${two(second)}`;
  const sign = offset < 0 ? "-" : "+";
  return { at: `${date}T${time}${offset === 0 ? "Z" : sign + clockText(Math.abs(offset))}`, date, schedule };
}

/** What is typed for the command of a schedule, or why that cannot be said. */
export function occurrenceStart(start: ScheduleSettings["start"], occurrence: Occurrence): StartDecision {
  const event = { event: occurrenceEvent(occurrence), content: null, says: "" };
  const told = { events: [event], at: occurrence.atMs };
  const [decision] = decideStarts({ starts: [start], oldestMs: 0 }, told);
  return decision ?? { kind: "nothing", event, reason: "it starts nothing" };
}

/** The idempotency key of an occurrence: what it is, whoever finds it due and however often. */
export function occurrenceKey({ schedule, atMs }: Pick<Occurrence, "schedule" | "atMs">): string {
  const text = isoTime(atMs);
  return `schedule/${schedule}/${atMs % 60_000 === 0 ? text.slice(0, 16) : text.slice(0, 19)}Z`;
}

function dateText(day: number): string {
  const { year, month, dayOfMonth } = civilDay(day);
  return `${year}-${two(month)}-${two(dayOfMonth)}`;
}

function clockText(minutes: number): string {
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
