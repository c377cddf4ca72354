import { civilDay, civilTime, momentOf, momentsOf } from "../../platform/civil-time.ts";
import { type CronSchedule, isCronDay } from "./cron-schedule.ts";

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;

/** When something is open: on days of the week between two times of the day, or for a time after each start of a schedule. */
export type WindowRule =
  | {
      readonly kind: "hours";
      /** Those on which it opens; Sunday is 0. */
      readonly days: ReadonlySet<number>;
      /** Minutes since midnight; one that ends when or before it begins ends on the next day. */
      readonly from: number;
      readonly to: number;
      readonly zone: string;
    }
  | { readonly kind: "cron"; readonly schedule: CronSchedule; readonly forMs: number; readonly zone: string };

export type Opening =
  | { readonly kind: "open"; readonly untilMs: number }
  | { readonly kind: "closed"; readonly opensMs: number }
  /** It will not open in the next years. */
  | { readonly kind: "never" };

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

// A schedule for the 29th of February may have to wait for eight years.
const FARTHEST_DAYS = 8 * 366 + 2;

/** How the windows stand at a moment; where several are open, the one that closes last counts. Pure. */
export function openingAt(rules: readonly WindowRule[], atMs: number): Opening {
  const openings = rules.map((rule) => openingOf(rule, atMs));
  const open = openings.flatMap((each) => (each.kind === "open" ? [each.untilMs] : []));
  if (open.length > 0) return { kind: "open", untilMs: Math.max(...open) };
  const closed = openings.flatMap((each) => (each.kind === "closed" ? [each.opensMs] : []));
  return closed.length > 0 ? { kind: "closed", opensMs: Math.min(...closed) } : { kind: "never" };
}

function openingOf(rule: WindowRule, atMs: number): Opening {
  const today = civilTime(atMs, rule.zone).day;
  // All spans of a rule are about as long, so that the one that began last is the one that ends last.
  const begun = lastBegun(rule, { atMs, today });
  if (begun !== undefined && begun.toMs > atMs) return { kind: "open", untilMs: begun.toMs };
  for (let day = today; day <= today + FARTHEST_DAYS; day += 1) {
    for (const { fromMs } of spansOf(rule, day)) if (fromMs > atMs) return { kind: "closed", opensMs: fromMs };
  }
  return { kind: "never" };
}

function lastBegun(
  rule: WindowRule,
  { atMs, today }: { readonly atMs: number; readonly today: number },
): Span | undefined {
  const lastedDays = rule.kind === "cron" ? Math.ceil(rule.forMs / DAY_MS) + 1 : 2;
  for (let day = today; day >= today - lastedDays; day -= 1) {
    const begun = [...spansOf(rule, day)].findLast(({ fromMs }) => fromMs <= atMs);
    if (begun !== undefined) return begun;
  }
  return undefined;
}

/** What begins on a day, in order. */
function* spansOf(rule: WindowRule, day: number): Generator<Span> {
  const date = civilDay(day);
  if (rule.kind === "hours") {
    const { from, to, zone } = rule;
    if (!rule.days.has(date.dayOfWeek)) return;
    const end = to > from ? to : to + DAY_MINUTES;
    const last = { day: day + Math.floor(end / DAY_MINUTES), minute: end % DAY_MINUTES };
    yield { fromMs: momentOf({ day, minute: from }, zone), toMs: momentOf(last, zone) };
    return;
  }
  const { schedule, forMs, zone } = rule;
  if (!isCronDay(schedule, date)) return;
  const momentAt = momentsOf(day, zone);
  for (const minute of minutesOf(schedule)) {
    const fromMs = momentAt(minute);
    yield { fromMs, toMs: fromMs + forMs };
  }
}

const minutesOfSchedule = new WeakMap<CronSchedule, readonly number[]>();

function minutesOf(schedule: CronSchedule): readonly number[] {
  const known = minutesOfSchedule.get(schedule);
  if (known !== undefined) return known;
  const hours = [...schedule.hours].toSorted((left, right) => left - right);
  const minutes = [...schedule.minutes].toSorted((left, right) => left - right);
  const all = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
  minutesOfSchedule.set(schedule, all);
  return all;
}
