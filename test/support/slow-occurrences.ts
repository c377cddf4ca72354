/** What a cron expression of numbers says; undefined stands for a star. Sunday is 0. */
export interface PlainCron {
  readonly minutes: readonly number[] | undefined;
  readonly hours: readonly number[] | undefined;
  readonly daysOfMonth: readonly number[] | undefined;
  readonly months: readonly number[] | undefined;
  readonly daysOfWeek: readonly number[] | undefined;
}

export function plainCronText(cron: PlainCron): string {
  const fields = [cron.minutes, cron.hours, cron.daysOfMonth, cron.months, cron.daysOfWeek];
  return fields.map((values) => values?.join(",") ?? "*").join(" ");
}

const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 60 * MINUTE_MS;

/**
 * All occurrences in a span, found by looking at every minute of it: what clocks show then, and what they have left out since the minute
 * before. Independent of how the program finds them.
 */
export function slowOccurrences(
  cron: PlainCron,
  { zone, fromMs, toMs }: { readonly zone: string; readonly fromMs: number; readonly toMs: number },
): readonly number[] {
  const offsetOf = offsets(zone);
  const found: number[] = [];
  // Clocks may have shown the same times before the span. Whatever is not later than the latest time shown was shown or left out.
  const startMs = fromMs - 26 * 60 * MINUTE_MS;
  let latest = startMs + offsetOf(startMs);
  for (let atMs = startMs + MINUTE_MS; atMs <= toMs; atMs += MINUTE_MS) {
    const now = atMs + offsetOf(atMs);
    let isFound = false;
    for (; latest < now; latest += MINUTE_MS) isFound ||= isNamed(cron, latest + MINUTE_MS);
    if (isFound && atMs > fromMs) found.push(atMs);
  }
  return found;
}

function isNamed({ minutes, hours, daysOfMonth, months, daysOfWeek }: PlainCron, wallMs: number): boolean {
  const has = (values: readonly number[] | undefined, value: number): boolean => values?.includes(value) ?? true;
  // Of most minutes nothing else has to be known.
  if (!has(minutes, (wallMs / MINUTE_MS) % 60)) return false;
  const date = new Date(wallMs);
  if (!has(hours, date.getUTCHours())) return false;
  if (!has(months, date.getUTCMonth() + 1)) return false;
  const byMonth = has(daysOfMonth, date.getUTCDate());
  const byWeek = has(daysOfWeek, date.getUTCDay());
  return daysOfMonth !== undefined && daysOfWeek !== undefined ? byMonth || byWeek : byMonth && byWeek;
}

const zones = new Map<string, (atMs: number) => number>();

/** How far clocks are before those of UTC: looked up every hour, and every minute where that differs. */
function offsets(zone: string): (atMs: number) => number {
  const made = zones.get(zone) ?? newOffsets(zone);
  zones.set(zone, made);
  return made;
}

function newOffsets(zone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  const known = new Map<number, number>();
  const look = (atMs: number): number => {
    const looked = known.get(atMs);
    if (looked !== undefined) return looked;
    const text = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)/u.exec(text) ?? [];
    const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    known.set(atMs, offset);
    return offset;
  };
  return (atMs) => {
    const before = Math.floor(atMs / LOOK_EVERY_MS) * LOOK_EVERY_MS;
    const offset = look(before);
    return offset === look(before + LOOK_EVERY_MS) ? offset : look(atMs);
  };
}
