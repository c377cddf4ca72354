import { numberIn, type StepInput, textIn } from "./input-value.ts";
import type { Attempt } from "./net-book.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf, watchedFrom } from "./probe-check.ts";
import { firstShown, shownAt } from "./zones.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
// How late it may be seen that somebody has set the clock.
const LOOK_MS = 300_000;
const SLACK_MS = 2000;

/** What is wrong about the end of a delay. */
export function delayFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  if (end.type === "step.failed") return [`a delay fails with ${codeOf(attempt)}`];
  if (attempt.input["until"] === undefined)
    return end.at < earliestOf(attempt, world, end.life) - 1 ? ["a delay ends early"] : [];
  const isEarly = end.shown < Date.parse(textIn(attempt.input, "until"));
  return isEarly ? ["a delay ends before its moment"] : [];
}

/** What is wrong about a delay that has not ended. */
export function delayingFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { now, span } = world;
  if (attempt.input["until"] === undefined)
    return now > earliestOf(attempt, world, span.number) + SLACK_MS ? ["a delay does not end"] : [];
  const until = Date.parse(textIn(attempt.input, "until"));
  return isLongSo(attempt, world, (shown) => shown >= until) ? ["a delay does not see that its moment is over"] : [];
}

/** When a delay may be over at the earliest: its process knows only by the clock on the wall what was before it. */
function earliestOf(attempt: Attempt, world: NetWorld, life: number): number {
  const { from, passedMs } = watchedFrom(attempt, world, life);
  return from + Math.max(0, numberIn(attempt.input, "for", 0) - passedMs);
}

/** Whether something has been so by the clock on the wall for longer than it may take to be seen. */
function isLongSo({ startedAt }: Attempt, world: NetWorld, isSo: (shown: number) => boolean): boolean {
  const { now, span, offsets } = world;
  const before = now - LOOK_MS - SLACK_MS;
  if (startedAt > before || span.from > before) return false;
  const moments = [before, ...offsets.map(({ from }) => from).filter((from) => from > before), now];
  return moments.every((moment) => isSo(moment + world.offsetAt(moment)));
}

/** What is wrong about the end of a wait for a window. */
export function windowFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end, input } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  if (end.type === "step.failed") return [`a window fails with ${codeOf(attempt)}`];
  const open = openAt(input, end.shown);
  if (open === undefined) return ["a window is said to be open that is not"];
  const said: unknown = Reflect.get(Object(end.fact["output"]), "until");
  const faults = said === open.until ? [] : ["a window is said to close at another time"];
  if (input["app"] === undefined) return faults;
  const last = world.argocd.windowAnswers.findLast(({ life }) => life === end.life);
  const isLet = last !== undefined && last.at >= attempt.startedAt && last.canSync;
  return isLet ? faults : [...faults, "a window is open although Argo CD keeps it closed"];
}

/** What is wrong about a wait for a window that has not ended. */
export function closedFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { input } = attempt;
  if (input["app"] !== undefined) return [];
  const open = openAt(input, world.shown);
  const isMissed = open !== undefined && isLongSo(attempt, world, (shown) => shown >= open.from && shown < open.until);
  return isMissed ? ["a window that is open is not seen"] : [];
}

interface Open {
  readonly from: number;
  readonly until: number;
}

/** The window that is open at a moment of the clock on the wall: the one that closes last. */
function openAt(input: StepInput, moment: number): Open | undefined {
  const zone = textIn(input, "time-zone", "UTC");
  const today = Math.floor(shownAt(moment, zone) / DAY_MS);
  const open: Open[] = [];
  for (let day = today - 2; day <= today + 1; day += 1)
    for (const span of opensOn(input, day, zone)) if (span.from <= moment && moment < span.until) open.push(span);
  return open.toSorted((one, other) => other.until - one.until)[0];
}

function opensOn(input: StepInput, day: number, zone: string): readonly Open[] {
  const moment = (minute: number): number => firstShown(day * DAY_MS + minute * MINUTE_MS, zone);
  return input["cron"] === undefined ? hoursOn(input, day, moment) : startsOn(input, day, moment);
}

type Moment = (minute: number) => number;

function startsOn(input: StepInput, day: number, moment: Moment): readonly Open[] {
  const [minute = "", hours = "", , , days = ""] = textIn(input, "cron").split(" ");
  if (days !== "*" && Number(days) !== weekDayOf(day)) return [];
  const every = hours === "*/2" ? Array.from({ length: 12 }, (_none, index) => index * 2) : [Number(hours)];
  return every.map((hour) => {
    const from = moment(hour * 60 + Number(minute));
    return { from, until: from + numberIn(input, "for", 0) };
  });
}

function hoursOn(input: StepInput, day: number, moment: Moment): readonly Open[] {
  const days = textIn(input, "days", NAMES.join("-")).split("-");
  if (!days.includes(NAMES[weekDayOf(day)] ?? "")) return [];
  const [from = 0, to = 0] = textIn(input, "hours").split("-").map(minuteOf);
  return [{ from: moment(from), until: moment(to > from ? to : to + 1440) }];
}

function weekDayOf(day: number): number {
  return (day + 4) % 7;
}

const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function minuteOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return hour * 60 + minute;
}
