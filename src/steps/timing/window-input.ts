import { z } from "zod";

import { isTimeZone } from "../../platform/civil-time.ts";
import { AppError } from "../../platform/errors.ts";
import { tryCron, WEEK_DAYS } from "./cron-schedule.ts";
import { durationInput } from "./duration-input.ts";
import type { WindowRule } from "./opening.ts";

const DAY_MS = 86_400_000;
const ALL_DAYS = new Set(WEEK_DAYS.keys());

const Days = z.string().refine((text) => tryDays(text) !== undefined, {
  error: 'days such as "mon-fri" or "mon,wed" are expected',
});
const Hours = z.string().refine((text) => tryHours(text) !== undefined, {
  error: 'times such as "09:00-17:00" are expected',
});
const Cron = z.string().refine((text) => tryCron(text) !== undefined, {
  error: 'five fields of cron are expected, such as "0 9 * * 1-5"',
});

/** When something is open; at least one of `days`, `hours` and `cron`. */
export const WindowShape = {
  days: Days.optional().meta({
    description: "Days on which it opens, such as `mon-fri` or `sat,sun`; all unless said",
  }),
  hours: z
    .union([Hours, z.array(Hours).min(1).max(24)])
    .optional()
    .meta({
      description:
        "From when to when on these days, such as `09:00-17:00`, or a list; over midnight where the end comes first",
    }),
  cron: Cron.optional().meta({ description: "Moments at which it opens, as five fields of cron; with `for`" }),
  for: durationInput({ leastMs: 60_000, mostMs: 31 * DAY_MS })
    .optional()
    .meta({ description: "How long it stays open after each moment of `cron`" }),
  "time-zone": z
    .string()
    .refine(isTimeZone, { error: "the name of a time zone is expected, such as Europe/Berlin" })
    .optional()
    .meta({
      description: "Where the times are those of the clock on the wall, such as `Europe/Berlin`; UTC unless said",
    }),
} as const;
const WindowInput = z.strictObject(WindowShape);
type WindowInput = z.infer<typeof WindowInput>;

/** What the input says; empty when it says nothing of times. Throws `window.bad-input` for `cron` without `for`, and the reverse. */
export function windowRules(input: WindowInput): readonly WindowRule[] {
  const { days, hours, cron, for: forMs, "time-zone": zone = "UTC" } = input;
  const schedule = cron === undefined ? undefined : tryCron(cron);
  if ((schedule === undefined) !== (forMs === undefined)) {
    throw new AppError('"cron" says when it opens and "for" how long it stays open. Give both.', {
      code: "window.bad-input",
    });
  }
  const scheduled: readonly WindowRule[] =
    schedule === undefined || forMs === undefined ? [] : [{ kind: "cron", schedule, forMs, zone }];
  return days === undefined && hours === undefined ? scheduled : [...scheduled, ...hourRules({ days, hours, zone })];
}

function hourRules({
  days,
  hours,
  zone,
}: Pick<WindowInput, "days" | "hours"> & { readonly zone: string }): readonly WindowRule[] {
  const on = (days === undefined ? undefined : tryDays(days)) ?? ALL_DAYS;
  return [hours ?? "00:00-24:00"].flat().flatMap((text) => {
    const span = tryHours(text);
    return span === undefined ? [] : [{ kind: "hours" as const, days: on, ...span, zone }];
  });
}

/** `mon-fri`, `sat,sun`, `fri-mon`. */
function tryDays(text: string): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [from, to, ...rest] = part
      .trim()
      .split("-")
      .map((name) => WEEK_DAYS.indexOf(name.trim()));
    if (from === undefined || from < 0 || to === -1 || rest.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === (to ?? from)) break;
    }
  }
  return days;
}

/** In minutes since midnight. */
function tryHours(text: string): { readonly from: number; readonly to: number } | undefined {
  const [, ...parts] = /^\s*(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*$/u.exec(text) ?? [];
  const [fromHour = 99, fromMinute = 0, toHour = 99, toMinute = 0] = parts.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  const isRight = from < 1440 && to <= 1440 && fromMinute < 60 && toMinute < 60;
  return isRight ? { from, to } : undefined;
}
