/** A time as clocks on the wall show it: days since 1970-01-01, and minutes since midnight. */
export interface CivilTime {
  readonly day: number;
  readonly minute: number;
}

/** A day of the calendar; Sunday is 0. */
export interface CivilDay {
  readonly year: number;
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfWeek: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
// The widest difference between two wall clocks of the world is 26 hours, and a zone may skip a day.
const BESIDE_MS = 36 * 3_600_000;

/** Whether this is the name of a time zone, such as `Europe/Berlin` or `UTC`. */
export function isTimeZone(zone: string): boolean {
  try {
    formatter(zone);
    return true;
  } catch {
    return false;
  }
}

/** What clocks in the zone show at a moment. */
export function civilTime(atMs: number, zone: string): CivilTime {
  const wallMs = atMs + offsetMs(atMs, zone);
  const day = Math.floor(wallMs / DAY_MS);
  return { day, minute: Math.floor((wallMs - day * DAY_MS) / MINUTE_MS) };
}

/**
 * The moment at which clocks in the zone show a time, or have just jumped over it. The first one where they show it twice.
 */
export function momentOf({ day, minute }: CivilTime, zone: string): number {
  const wallMs = day * DAY_MS + minute * MINUTE_MS;
  const before = offsetMs(wallMs - BESIDE_MS, zone);
  const after = offsetMs(wallMs + BESIDE_MS, zone);
  const moments = [wallMs - before, wallMs - after].filter((atMs) => atMs + offsetMs(atMs, zone) === wallMs);
  return moments.length > 0 ? Math.min(...moments) : jump({ fromMs: wallMs - after, toMs: wallMs - before, zone });
}

/** The same for all minutes of one day. */
export function momentsOf(day: number, zone: string): (minute: number) => number {
  const before = offsetMs(day * DAY_MS - BESIDE_MS, zone);
  const after = offsetMs((day + 1) * DAY_MS + BESIDE_MS, zone);
  if (before !== after) return (minute) => momentOf({ day, minute }, zone);
  return (minute) => day * DAY_MS + minute * MINUTE_MS - before;
}

/** The first moment with the offset of the end of a span in which it changes once. */
function jump({
  fromMs,
  toMs,
  zone,
}: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: string;
}): number {
  const after = offsetMs(toMs, zone);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle, zone) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** How far clocks in the zone are before those of UTC, to the second. */
function offsetMs(atMs: number, zone: string): number {
  const found: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  const seconds = Math.floor(atMs / 1000);
  for (const { type, value } of formatter(zone).formatToParts(seconds * 1000)) found[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
  const wall = dayNumber({ year, month, dayOfMonth: day }) * 86_400 + hour * 3600 + minute * 60 + second;
  return (wall - seconds) * 1000;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(zone, made);
  return made;
}

/** The days from 1970-01-01 to a day of the calendar. A year is taken to begin in March: then leap days are the last of one. */
export function dayNumber({ year, month, dayOfMonth }: Omit<CivilDay, "dayOfWeek">): number {
  const marchYear = month > 2 ? year : year - 1;
  const monthsSinceMarch = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * monthsSinceMarch + 2) / 5) + dayOfMonth - 719_469;
}

/** The day of the calendar so many days after 1970-01-01. */
export function civilDay(day: number): CivilDay {
  const sinceMarch0 = day + 719_468;
  const era = Math.floor(sinceMarch0 / 146_097);
  const inEra = sinceMarch0 - era * 146_097;
  const yearInEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  );
  const inYear = inEra - (365 * yearInEra + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100));
  const monthsSinceMarch = Math.floor((5 * inYear + 2) / 153);
  const month = monthsSinceMarch < 10 ? monthsSinceMarch + 3 : monthsSinceMarch - 9;
  const year = yearInEra + era * 400 + (month <= 2 ? 1 : 0);
  const dayOfMonth = inYear - Math.floor((153 * monthsSinceMarch + 2) / 5) + 1;
  return { year, month, dayOfMonth, dayOfWeek: (((day + 4) % 7) + 7) % 7 };
}

const DAY_NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Such as `Mon 2026-11-23 09:00 (Europe/Berlin)`. */
export function civilText(atMs: number, zone: string): string {
  const { day, minute } = civilTime(atMs, zone);
  const { year, month, dayOfMonth, dayOfWeek } = civilDay(day);
  const time = `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
  return `${DAY_NAMES[dayOfWeek] ?? ""} ${year}-${two(month)}-${two(dayOfMonth)} ${time} (${zone})`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
