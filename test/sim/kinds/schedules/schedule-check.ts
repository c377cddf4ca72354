import type { LogLine } from "../triggers/trigger-check.ts";

/** A time in which the server was up and its clock ran on, with the schedules that were configured all the while. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly configured: readonly string[];
}

/** A schedule of the world: every so many minutes, on the clocks of UTC. */
export interface WorldSchedule {
  readonly name: string;
  readonly everyMinutes: number;
  readonly missed: "skip" | "last" | "all";
}

interface Truth {
  readonly schedules: readonly WorldSchedule[];
  /** In the order in which they were. */
  readonly stretches: readonly Stretch[];
}

interface Started {
  readonly schedule: string;
  readonly occurrence: number;
  readonly at: number;
}

const MINUTE_MS = 60_000;
// What is due is asked for at once; the log is in memory.
const SOON_MS = 2000;
// How late still counts as on time, and how late at most a jump of the clock is noticed.
const ON_TIME_MS = 60_000;
const NOTICED_MS = 35_000;
const MOST_MADE_UP = 24;

/** What is wrong with the runs that schedules have started, by the log and by when the server was up, and by nothing else. */
export function scheduleFaults(lines: readonly LogLine[], truth: Truth): readonly string[] {
  const runs = lines.filter(({ type }) => type === "run.started").map(startedOf);
  const asks = lines.filter(({ type }) => type === "intent.received").map(askedOf);
  return truth.schedules.flatMap((schedule) => {
    const own = runs.filter((run) => run.schedule === schedule.name);
    return [
      ...unnamedTimes(own, schedule),
      ...repeated(own),
      ...early(asks.filter((ask) => ask.schedule === schedule.name)),
      ...lost(own, schedule, truth),
      ...lostOverCrash(own, schedule, truth),
      ...gapsOf(schedule, truth).flatMap((gap) => wronglyMadeUp(own, schedule, gap)),
      ...unknown(own, schedule, truth),
    ].map((fault) => `${schedule.name}: ${fault}`);
  });
}

function startedOf({ payload, at }: LogLine): Started {
  const inputs: unknown = payload["inputs"];
  const input = typeof inputs === "object" && inputs !== null && "at" in inputs ? String(inputs.at) : "";
  const [schedule = "", moment = ""] = input.split("@");
  return { schedule, occurrence: Date.parse(moment), at };
}

/** When it was asked for: a run may begin only after a restart, by a clock that was set back since. */
function askedOf({ payload, at }: LogLine): Started {
  const [, schedule = "", moment = ""] = /^schedule\/([^/]+)\/([^/]+)/u.exec(String(payload["key"])) ?? [];
  return { schedule, occurrence: Date.parse(moment), at };
}

function unnamedTimes(runs: readonly Started[], { everyMinutes }: WorldSchedule): readonly string[] {
  return runs
    .filter(({ occurrence }) => occurrence % (everyMinutes * MINUTE_MS) !== 0)
    .map(({ occurrence }) => `a run was started for ${text(occurrence)}, at which it is not`);
}

function repeated(runs: readonly Started[]): readonly string[] {
  const times = runs.map(({ occurrence }) => occurrence);
  const twice = new Set(times.filter((time, index) => times.indexOf(time) !== index));
  return Array.from(twice, (time) => `two runs were started for ${text(time)}`);
}

function early(runs: readonly Started[]): readonly string[] {
  return runs
    .filter(({ occurrence, at }) => occurrence > at)
    .map(({ occurrence, at }) => `${text(occurrence)} was asked for at ${text(at)} already`);
}

/** What is due while the server is up is started. */
function lost(runs: readonly Started[], schedule: WorldSchedule, { stretches }: Truth): readonly string[] {
  return stretches
    .flatMap(({ fromMs, toMs, configured }, index) => {
      if (!configured.includes(schedule.name)) return [];
      // What was set back twice within one look was set back once.
      const isSetBack = fromMs < (stretches[index - 1]?.toMs ?? fromMs);
      return occurrencesIn(schedule, fromMs + (isSetBack ? NOTICED_MS : SOON_MS), toMs - SOON_MS);
    })
    .filter((time) => !runs.some(({ occurrence }) => occurrence === time))
    .map((time) => `nothing was started for ${text(time)}, although the server was there`);
}

/** What was due around a crash is started, where the server is there again soon: it is on time then, or was asked for already. */
function lostOverCrash(runs: readonly Started[], schedule: WorldSchedule, { stretches }: Truth): readonly string[] {
  return stretches
    .flatMap((stretch, index) => {
      const before = stretches[index - 1];
      const isFollowed = [before, stretch].every((each) => each?.configured.includes(schedule.name) === true);
      if (before === undefined || !isFollowed || stretch.toMs - stretch.fromMs < SOON_MS) return [];
      const awayMs = stretch.fromMs - before.toMs;
      if (awayMs < 0 || awayMs > ON_TIME_MS - 2 * SOON_MS) return [];
      return occurrencesIn(schedule, Math.max(before.fromMs + SOON_MS, before.toMs - SOON_MS), stretch.fromMs);
    })
    .filter((time) => !runs.some(({ occurrence }) => occurrence === time))
    .map((time) => `nothing was started for ${text(time)}, over which the server has crashed`);
}

/** Nothing is started for a time at which the schedule was not there, by no way in which the clock has come by it. */
function unknown(runs: readonly Started[], { name }: WorldSchedule, { stretches }: Truth): readonly string[] {
  return runs.flatMap(({ occurrence }) => {
    const isIn = ({ fromMs, toMs }: Gap): boolean => fromMs - SOON_MS < occurrence && occurrence < toMs + SOON_MS;
    const isKnown = stretches.some((stretch, index) => {
      if (!stretch.configured.includes(name)) return false;
      const before = stretches[index - 1];
      const isMissed =
        before?.configured.includes(name) === true && isIn({ fromMs: before.toMs, toMs: stretch.fromMs });
      return isMissed || isIn(stretch);
    });
    return isKnown ? [] : [`a run was started for ${text(occurrence)}, when it was not configured`];
  });
}

interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Times in which nobody was there, or that the clock has jumped over, between two stretches that are long enough to deal with what was
 * before. One that overlaps with anything else says nothing for sure.
 */
function gapsOf({ name }: WorldSchedule, { stretches }: Truth): readonly Gap[] {
  const gaps = stretches.flatMap((stretch, index): readonly Gap[] => {
    const before = stretches[index - 1];
    if (before === undefined || !isLong(before) || !isLong(stretch)) return [];
    if (!before.configured.includes(name) || !stretch.configured.includes(name)) return [];
    return stretch.fromMs > before.toMs ? [{ fromMs: before.toMs, toMs: stretch.fromMs }] : [];
  });
  const overlaps = (gap: Gap, other: Gap): boolean => gap.fromMs < other.toMs && other.fromMs < gap.toMs;
  return gaps.filter((gap) => {
    const others = [...stretches, ...gaps].filter((other) => other !== gap && overlaps(gap, other));
    return others.length === 0;
  });
}

function isLong({ fromMs, toMs }: Stretch): boolean {
  return toMs - fromMs > NOTICED_MS + SOON_MS;
}

/** Of what was missed is made up for what the schedule says. */
function wronglyMadeUp(runs: readonly Started[], schedule: WorldSchedule, gap: Gap): readonly string[] {
  // By how much what is due around the edges is late depends on when it was noticed.
  const [sureFrom, sureTo] = [gap.fromMs + SOON_MS, gap.toMs - ON_TIME_MS - SOON_MS];
  const missed = occurrencesIn(schedule, sureFrom, sureTo);
  const atEdges = occurrencesIn(schedule, gap.fromMs - SOON_MS, gap.toMs + NOTICED_MS + SOON_MS).length - missed.length;
  if (missed.length === 0 || atEdges > 0) return [];
  const started = missed.filter((time) => runs.some(({ occurrence }) => occurrence === time));
  const most = { skip: 0, last: 1, all: MOST_MADE_UP }[schedule.missed];
  const wanted = most === 0 ? [] : missed.slice(-most);
  if (String(started) === String(wanted)) return [];
  return [
    `of ${missed.length} missed times ${started.map(text).join(", ") || "none"} was made up for, not ${wanted.map(text).join(", ") || "none"}`,
  ];
}

function occurrencesIn({ everyMinutes }: WorldSchedule, fromMs: number, toMs: number): readonly number[] {
  const everyMs = everyMinutes * MINUTE_MS;
  const found: number[] = [];
  for (let time = (Math.floor(fromMs / everyMs) + 1) * everyMs; time <= toMs; time += everyMs) found.push(time);
  return found;
}

function text(time: number): string {
  return Number.isNaN(time) ? "no time" : new Date(time).toISOString();
}
