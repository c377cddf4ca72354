import type { CivilDay } from "../../platform/civil-time.ts";

/** The minutes at which a schedule starts something, as cron and the sync windows of Argo CD write them. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** Sunday is 0. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Both fields for days say something: then either is enough. */
  readonly isEitherDay: boolean;
}

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** Sunday is 0. */
export const WEEK_DAYS: readonly string[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS = {
  minutes: { least: 0, most: 59 },
  hours: { least: 0, most: 23 },
  daysOfMonth: { least: 1, most: 31 },
  months: { least: 1, most: 12, names: MONTHS },
  daysOfWeek: { least: 0, most: 7, names: WEEK_DAYS },
} as const satisfies Record<string, Field>;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

/** Reads five fields: minute, hour, day of the month, month, day of the week; or one of `@daily` and its like. */
export function tryCron(text: string): CronSchedule | undefined {
  const parts = (SHORT.get(text.trim().toLowerCase()) ?? text).trim().toLowerCase().split(/\s+/u);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = parts;
  if (parts.length !== 5) return undefined;
  const minutes = tryField(minute, FIELDS.minutes);
  const hours = tryField(hour, FIELDS.hours);
  const daysOfMonth = tryField(dayOfMonth, FIELDS.daysOfMonth);
  const months = tryField(month, FIELDS.months);
  const week = tryField(dayOfWeek, FIELDS.daysOfWeek);
  if (!minutes || !hours || !daysOfMonth || !months || !week) return undefined;
  const daysOfWeek = new Set(Array.from(week, (day) => day % 7));
  const isEitherDay = !isOpen(dayOfMonth) && !isOpen(dayOfWeek);
  return { minutes, hours, daysOfMonth, months, daysOfWeek, isEitherDay };
}

/** Whether something is started on that day at all. */
export function isCronDay(schedule: CronSchedule, { month, dayOfMonth, dayOfWeek }: CivilDay): boolean {
  if (!schedule.months.has(month)) return false;
  const isDayOfMonth = schedule.daysOfMonth.has(dayOfMonth);
  const isDayOfWeek = schedule.daysOfWeek.has(dayOfWeek);
  return schedule.isEitherDay ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
}

/** A star, also one of several in a list; one with a step says something. */
function isOpen(field = ""): boolean {
  return field.split(",").some((part) => part === "*" || part === "?" || part === "*/1");
}

function tryField(text: string | undefined, field: Field): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of (text ?? "").split(",")) {
    const range = tryRange(part, field);
    if (range === undefined) return undefined;
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
  }
  return values;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

function tryRange(part: string, field: Field): Range | undefined {
  const [body = "", by, ...rest] = part.split("/");
  const step = by === undefined ? 1 : tryStep(by);
  const ends = tryEnds(body, { field, isStepped: by !== undefined });
  const isRight = ends !== undefined && ends.from <= ends.to && rest.length === 0;
  return isRight && step !== undefined ? { ...ends, step } : undefined;
}

function tryEnds(
  body: string,
  { field, isStepped }: { readonly field: Field; readonly isStepped: boolean },
): Omit<Range, "step"> | undefined {
  // A week has seven days, although Sunday has two numbers.
  const most = field.most === 7 ? 6 : field.most;
  if (body === "*" || body === "?") return { from: field.least, to: most };
  const [from, last, ...more] = body.split("-").map((end) => tryValue(end, field) ?? Number.NaN);
  if (from === undefined || more.length > 0) return undefined;
  // A single value is itself; with a step it goes on to the end.
  return { from, to: last ?? (isStepped ? most : from) };
}

function tryStep(text: string): number | undefined {
  return /^[1-9]\d?$/u.test(text) ? Number(text) : undefined;
}

function tryValue(text: string, { least, most, names }: Field): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named + least;
  const value = /^\d{1,2}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
