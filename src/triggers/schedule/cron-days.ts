import { type CivilDay, dayNumber } from "../../platform/civil-time.ts";

/** A day of the month, `L` for its last, `L-3` for the third before that, `15W` or `LW` for the weekday nearest to one. */
export function isDayOfMonth(tokens: readonly (number | string)[], day: CivilDay): boolean {
  const last = lastDay(day);
  return tokens.some((token) => (typeof token === "number" ? token : dayOfToken(token, last, day)) === day.dayOfMonth);
}

/** A day of the week, `5#2` for the second Friday of the month, `5L` for its last; Sunday is 0 and 7. */
export function isDayOfWeek(tokens: readonly (number | string)[], day: CivilDay): boolean {
  return tokens.some((token) => {
    const [, weekDay, nth] = /^([0-7])(?:#([1-5])|L)?$/iu.exec(String(token)) ?? [];
    if (weekDay === undefined || Number(weekDay) % 7 !== day.dayOfWeek) return false;
    if (nth !== undefined) return Math.ceil(day.dayOfMonth / 7) === Number(nth);
    return typeof token === "number" || token.length === 1 || day.dayOfMonth + 7 > lastDay(day);
  });
}

function dayOfToken(token: string, last: number, { year, month }: CivilDay): number | undefined {
  const text = token.toUpperCase();
  const [, back] = /^L(?:-(\d+))?$/u.exec(text) ?? [];
  if (text.startsWith("L") && !text.endsWith("W")) return last - Number(back ?? 0);
  const wanted = text === "LW" ? last : Number(text.replace("W", ""));
  if (wanted > last) return undefined;
  // 1970-01-01 was a Thursday.
  const dayOfWeek = (((dayNumber({ year, month, dayOfMonth: wanted }) + 4) % 7) + 7) % 7;
  if (dayOfWeek === 6) return wanted === 1 ? wanted + 2 : wanted - 1;
  if (dayOfWeek === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

function lastDay({ year, month }: CivilDay): number {
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 };
  return dayNumber({ ...next, dayOfMonth: 1 }) - dayNumber({ year, month, dayOfMonth: 1 });
}
