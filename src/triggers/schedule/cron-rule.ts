import { validateDetailed } from "node-cron";

import type { CivilDay } from "../../platform/civil-time.ts";
import { isDayOfMonth, isDayOfWeek } from "./cron-days.ts";

/** The times that an expression names, by what clocks on the wall show. Lists are in order and hold each value once. */
export interface CronRule {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Whether it names times of this day at all. */
  isDay(day: CivilDay): boolean;
}

export type CronReading =
  | { readonly ok: true; readonly rule: CronRule }
  | { readonly ok: false; readonly message: string };

const NAMES: Readonly<Record<string, string>> = {
  second: "second",
  minute: "minute",
  hour: "hour",
  dayOfMonth: "day of the month",
  month: "month",
  dayOfWeek: "day of the week",
};
const EXAMPLE = 'five fields of cron are expected, such as "0 9 * * 1-5" for nine o\'clock on weekdays';

/**
 * Reads five fields, six with seconds first, or a nickname such as `@daily`. Days are what cron has always made of them: where both the
 * day of the month and the day of the week say something, either is enough, as in windows.
 */
export function readCron(text: string): CronReading {
  // The library would write out a range before it looks at how long it is.
  if (/\d{3}/u.test(text)) return { ok: false, message: EXAMPLE };
  const { valid, fields, errors } = validateDetailed(text);
  const [error] = errors;
  if (!valid || fields === undefined) return { ok: false, message: problemText(error) };
  const months = new Set(fields.month);
  const isEither = saysBoth(text);
  const isDay = (day: CivilDay): boolean => {
    if (!months.has(day.month)) return false;
    const byMonth = isDayOfMonth(fields.dayOfMonth, day);
    const byWeek = isDayOfWeek(fields.dayOfWeek, day);
    return isEither ? byMonth || byWeek : byMonth && byWeek;
  };
  const { second, minute, hour } = fields;
  return { ok: true, rule: { seconds: inOrder(second), minutes: inOrder(minute), hours: inOrder(hour), isDay } };
}

function problemText(error: { readonly field: string; readonly value?: string; readonly message: string } | undefined) {
  const name = NAMES[error?.field ?? ""];
  if (error?.value === undefined || name === undefined) return EXAMPLE;
  // Each field is right by itself then.
  if (error.message.includes("impossible")) return "no month that it names has such a day";
  return `"${error.value}" is no ${name}; ${EXAMPLE}`;
}

/** Whether both fields for days say something. No nickname does that. */
function saysBoth(text: string): boolean {
  const [dayOfMonth = "*", , dayOfWeek = "*"] = text.trim().split(/\s+/u).slice(-3);
  return !text.trim().startsWith("@") && !isOpen(dayOfMonth) && !isOpen(dayOfWeek);
}

/** A star, also one of several in a list; one with a step says something. */
function isOpen(field: string): boolean {
  return field.split(",").some((part) => part === "*" || part === "?" || part === "*/1");
}

function inOrder(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((left, right) => left - right);
}
