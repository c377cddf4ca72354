import type { ScheduleSettings } from "../../config/schedule-settings.ts";
import { civilText } from "../../platform/civil-time.ts";
import { isoTime } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { nothingText } from "../decide-starts.ts";
import { nextOccurrence, type Timing } from "./occurrences.ts";
import { occurrenceStart } from "./occurrence-event.ts";
import { trySchedulePlan } from "./schedule-plan.ts";

/** On the clocks of the zone, for people, and in UTC. */
interface PreviewedMoment {
  readonly says: string;
  readonly utc: string;
}

/** One time at which a schedule will start something: what would be typed for each input, or why that cannot be said. */
type PreviewedTime =
  | { readonly kind: "typed"; readonly at: PreviewedMoment; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "nothing"; readonly at: PreviewedMoment; readonly reason: string };

export interface SchedulePreview {
  readonly name: string;
  readonly cron: string;
  readonly zone: string;
  readonly missed: string;
  readonly command: string;
  /** How much later than each time it starts, by its `jitter`. */
  readonly delayMs: number;
  readonly next: readonly PreviewedTime[];
}

/** What a schedule will do next. Pure. */
export function schedulePreview(
  settings: ScheduleSettings,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): SchedulePreview {
  const { name, cron, zone, missed, start } = settings;
  const plan = trySchedulePlan(settings);
  const next = (plan === undefined ? [] : following(plan.timing, { afterMs, count })).map((atMs): PreviewedTime => {
    const at = { says: civilText(atMs, zone), utc: isoTime(atMs) };
    const decision = occurrenceStart(start, { schedule: name, zone, atMs });
    if (decision.kind === "start") return { kind: "typed", at, values: decision.values };
    return { kind: "nothing", at, reason: nothingText(decision) };
  });
  return { name, cron, zone, missed, command: start.command, delayMs: plan?.delayMs ?? 0, next };
}

function following(
  timing: Timing,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): readonly number[] {
  const found: number[] = [];
  for (let atMs = nextOccurrence(timing, afterMs); atMs !== undefined && found.length < count;) {
    found.push(atMs);
    atMs = nextOccurrence(timing, atMs);
  }
  return found;
}

/** The same as a person reads it; `shown` is what would be typed. */
export function previewText(
  { name, cron, zone, missed, delayMs, next }: SchedulePreview,
  shown: (values: Readonly<Record<string, string>>) => string,
): string {
  const later = delayMs === 0 ? "" : `; starts ${durationText(delayMs)} later by its jitter`;
  const times = next.map((time) => {
    const what = time.kind === "typed" ? shown(time.values) : `nothing: ${time.reason}`;
    return `  ${time.at.says}  ${time.at.utc.slice(0, 16)}Z  ${what}`;
  });
  const none = next.length === 0 ? ["  never: no day of the next forty years is meant by it"] : [];
  return [`${name}: ${cron} in ${zone}, missed: ${missed}${later}`, ...times, ...none].join("\n");
}
