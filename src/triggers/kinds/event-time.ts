import { tryIsoTime } from "../../platform/clock.ts";

// GitLab writes `2026-01-31 10:00:00 UTC`, everybody else RFC 3339.
const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|UTC|[+-]\d\d:?\d\d)$/u;

/** The moment that a vendor states, in milliseconds since the epoch; undefined for what is none. */
export function eventTime(text: string): number | undefined {
  const [, day, time, zone = ""] = MOMENT.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  return tryIsoTime(`${day}T${time.slice(0, 12)}${zone === "UTC" ? "Z" : zone}`);
}

/** The same of whole seconds since the epoch; undefined for what cannot be a moment of our days. */
export function eventTimeOfSeconds(seconds: number): number | undefined {
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < 100_000_000_000 ? seconds * 1000 : undefined;
}
