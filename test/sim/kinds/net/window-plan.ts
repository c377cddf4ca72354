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
  const opensAt = opens.getUTCHours() * 60 + 15 * Math.floor(opens.getUTCMinutes() / 15);
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

function dayAfter(day: Date): string {
  return NAMES[(day.getUTCDay() + 1) % 7] ?? "sun";
}

function timeText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
