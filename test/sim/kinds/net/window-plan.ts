import type { Json } from "../../../../src/platform/canonical-json.ts";
import type { Dice } from "../../dice.ts";
import { shownAt, ZONES } from "./zones.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** A moment from which a world is played: often shortly before clocks are changed somewhere. */
export function someMoment(dice: Dice): number {
  const changes = [...ZONES.values()].flat().flatMap(([from]) => (from === 0 ? [] : [from]));
  const near = dice.pick(changes) - dice.between(-2 * HOUR_MS, 14 * HOUR_MS);
  return dice.chance(0.6) ? near : Date.UTC(2026, 0, 2) + dice.below(360 * 24 * HOUR_MS);
}

/** A window that opens within three days. */
export function windowInput(dice: Dice, startAt: number): Readonly<Record<string, Json>> {
  const zone = dice.pick([...ZONES.keys()]);
  const isEveryDay = dice.chance(0.6);
  // One that opens on few days must not have done so before, and not do so every day.
  const inMs = isEveryDay ? dice.between(-9 * HOUR_MS, 10 * HOUR_MS) : dice.between(HOUR_MS, 60 * HOUR_MS);
  const opens = new Date(shownAt(startAt, zone) + inMs);
  const opensAt = 15 * Math.floor(minuteOf(opens.getTime()) / 15);
  const place = zone === "UTC" && dice.chance(0.5) ? {} : { "time-zone": zone };
  const today = NAMES[opens.getUTCDay()] ?? "sun";
  if (dice.chance(0.4)) {
    const days = isEveryDay ? "*" : String(opens.getUTCDay());
    const hours = dice.chance(0.3) ? "*/2" : String(Math.floor(opensAt / 60));
    const cron = `${opensAt % 60} ${hours} * * ${days}`;
    return { cron, for: dice.between(2, 240) * MINUTE_MS, ...place };
  }
  const until = (opensAt + 15 * dice.between(1, 40)) % 1440;
  const hours = `${timeText(opensAt)}-${timeText(until)}`;
  const days = !isEveryDay ? { days: dice.chance(0.5) ? today : `${today}-${dayAfter(opens)}` } : {};
  return { hours, ...days, ...place };
}

/** A window that has closed within the last minute, or one that opens in an hour that clocks leave out soon. */
export function narrowWindow(dice: Dice, startAt: number): Readonly<Record<string, Json>> {
  const gaps = gapsSoon(startAt);
  if (gaps.length > 0 && dice.chance(0.7)) {
    const { zone, shown } = dice.pick(gaps);
    const opensAt = minuteOf(shown) + 15;
    return { hours: `${timeText(opensAt)}-${timeText(opensAt + 180)}`, "time-zone": zone };
  }
  const zone = dice.pick([...ZONES.keys()]);
  const closesAt = minuteOf(shownAt(startAt, zone));
  const opensAt = (closesAt + 1440 - dice.between(1, 300)) % 1440;
  return { hours: `${timeText(opensAt)}-${timeText(closesAt)}`, "time-zone": zone };
}

/** Where clocks are set forward within a day, and what they show just before. */
function gapsSoon(startAt: number): readonly { readonly zone: string; readonly shown: number }[] {
  return [...ZONES].flatMap(([zone, spans]) =>
    spans.flatMap(([from, minutes], index) => {
      const before = spans[index - 1]?.[1] ?? minutes;
      const isSoon = from > startAt && from < startAt + 24 * HOUR_MS;
      return isSoon && minutes > before ? [{ zone, shown: from + before * MINUTE_MS }] : [];
    }),
  );
}

function minuteOf(shown: number): number {
  const day = new Date(shown);
  return day.getUTCHours() * 60 + day.getUTCMinutes();
}

function dayAfter(day: Date): string {
  return NAMES[(day.getUTCDay() + 1) % 7] ?? "sun";
}

function timeText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
