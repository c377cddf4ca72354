import type { ScheduleSettings } from "../../config/schedule-settings.ts";
import type { MachineAsk, MachineAsked, MachineDoor } from "../../engine/machine-door.ts";
import type { LogFact } from "../../engine/ports.ts";
import { civilText } from "../../platform/civil-time.ts";
import type { Clock, Timer } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import { nothingText } from "../decide-starts.ts";
import { type DueOccurrences, dueOccurrences } from "./due-occurrences.ts";
import { nextOccurrence } from "./occurrences.ts";
import { occurrenceKey, occurrenceStart } from "./occurrence-event.ts";
import { readCursors, type ScheduleCursor, type ScheduleLog } from "./schedule-log.ts";
import { LOOK_MS, type SchedulePlan, scheduleNews, trySchedulePlan } from "./schedule-plan.ts";

export interface SchedulesDeps {
  /** Those that are configured now. */
  readonly settings: () => readonly ScheduleSettings[];
  readonly log: ScheduleLog;
  readonly door: Pick<MachineDoor, "ask" | "note" | "resultOf">;
  readonly clock: Pick<Clock, "now" | "setTimer">;
  readonly logger: Logger;
}

// What could not be recorded, such as with a full disk, is tried again after this.
const AGAIN_MS = 5000;
// So that a start has little to read, also where a schedule has started something every minute for years.
const MOST_FACTS = 500;

/**
 * Asks for a run at every occurrence of every schedule: each once, whatever happens to the process, the clock and the store. What was
 * asked for is recorded by the door under the occurrence's own key, and then that it is dealt with; what a crash leaves between
 * the two is asked for again and found to be on record. What became due while nobody was there is dealt with as `missed` says.
 */
export class Schedules implements AsyncDisposable {
  readonly #deps: SchedulesDeps;
  #plans: readonly SchedulePlan[] = [];
  /** As the log has them; undefined until it was read. */
  #cursors: Map<string, ScheduleCursor> | undefined;
  /** How many facts a start would have to read. */
  #facts = 0;
  #turn: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #isDisposed = false;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
  }

  /** Takes up what was missed since the server ended, and follows the schedules from then on. */
  start(): void {
    this.#takeTurn();
  }

  /** The configuration was replaced. */
  refresh(): void {
    if (this.#cursors !== undefined) this.#takeTurn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.cancel();
    await this.#turn;
  }

  /** One after the other, however often it is called. */
  #takeTurn(): void {
    this.#turn = this.#turn.then(() => this.#nextTurn());
  }

  async #nextTurn(): Promise<void> {
    if (this.#isDisposed) return;
    this.#timer?.cancel();
    const isDone = await this.#tryTurn();
    if (!this.#isDisposed) this.#arm(isDone);
  }

  async #tryTurn(): Promise<boolean> {
    try {
      await this.#compare();
      // One that cannot be dealt with keeps no other waiting.
      const ends = await Promise.allSettled(this.#plans.map((plan) => this.#follow(plan)));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      return true;
    } catch (error) {
      this.#deps.logger.error("a schedule could not be followed; it is tried again", { error: errorText(error) });
      return false;
    }
  }

  #arm(isDone: boolean): void {
    const { clock } = this.#deps;
    const now = clock.now();
    const next = this.#plans.map((plan) => this.#dueNext(plan) ?? Number.POSITIVE_INFINITY);
    const waitMs = isDone ? Math.min(LOOK_MS, ...next.map((atMs) => atMs - now)) : AGAIN_MS;
    this.#timer = clock.setTimer(Math.max(0, waitMs), () => this.#takeTurn());
  }

  #dueNext({ settings, timing, delayMs }: SchedulePlan): number | undefined {
    const cursor = this.#cursors?.get(settings.name);
    const atMs = cursor === undefined ? undefined : nextOccurrence(timing, cursor.untilMs);
    return atMs === undefined ? undefined : atMs + delayMs;
  }

  /** Reads what the log knows, where that was not done yet, and records what is new. */
  async #compare(): Promise<void> {
    const { settings, clock, log, logger } = this.#deps;
    if (this.#cursors === undefined) {
      const { cursors, facts } = readCursors(log);
      this.#facts = facts;
      this.#cursors = new Map(cursors);
    }
    const plans = settings().flatMap((each) => trySchedulePlan(each) ?? []);
    const at = clock.now();
    const { cursors, changes } = scheduleNews(plans, this.#cursors, at);
    if (changes.length > 0 || this.#facts > MOST_FACTS) {
      const schedules = Array.from(cursors, ([name, { timing, untilMs }]) => ({ name, timing, until: untilMs }));
      await log.append([{ type: "schedules.known", at, schedules, changes }]);
      this.#facts = 1;
      if (changes.length > 0) logger.info("schedules changed", { changes });
    }
    this.#cursors = new Map(cursors);
    this.#plans = plans;
  }

  async #follow(plan: SchedulePlan): Promise<void> {
    const { clock } = this.#deps;
    const { name } = plan.settings;
    const cursor = this.#cursors?.get(name);
    if (cursor === undefined) return;
    const nowMs = clock.now() - plan.delayMs;
    const untilMs = await this.#takeUp(plan, { untilMs: cursor.untilMs, nowMs });
    const { timing, settings } = plan;
    const { skipped, asked } = dueOccurrences({ timing, untilMs, missed: settings.missed }, nowMs);
    if (skipped !== undefined) await this.#leaveOut(plan, skipped);
    for (const occurrence of asked) {
      // The clock may have been set back since; then it is decided anew what is due.
      if (this.#isDisposed || occurrence.atMs > clock.now() - plan.delayMs) return;
      await this.#ask(plan, occurrence);
    }
  }

  /** What was asked for right before a crash was not missed, whatever time it is by now. */
  async #takeUp(
    { settings: { name: schedule }, timing }: SchedulePlan,
    { untilMs, nowMs }: { readonly untilMs: number; readonly nowMs: number },
  ): Promise<number> {
    const { door, clock } = this.#deps;
    const atMs = nextOccurrence(timing, untilMs);
    if (atMs === undefined || atMs > nowMs) return untilMs;
    if (door.resultOf(occurrenceKey({ schedule, atMs })) === undefined) return untilMs;
    await this.#record({ type: "schedule.asked", at: clock.now(), schedule, occurrence: atMs });
    return atMs;
  }

  /** Of those before the newest only how many there are is kept. */
  async #leaveOut(
    { settings: { name: schedule, zone, missed } }: SchedulePlan,
    { newestMs: atMs, count, isMore }: NonNullable<DueOccurrences["skipped"]>,
  ): Promise<void> {
    const { clock, door, logger } = this.#deps;
    const reason = "the server was not there at the time, or could not record it";
    const fact = { schedule, occurrence: atMs, count, isMore, missed, reason };
    await this.#record({ type: "schedule.skipped", at: clock.now(), ...fact });
    logger.warn("times of a schedule were missed", { schedule, count, missed });
    await door.note(`${occurrenceKey({ schedule, atMs })}/left-out`, {
      machine: { sort: "schedule", name: schedule },
      reason: leftOutText({ count, isMore, missed }),
      cause: { says: causeText({ zone, atMs }, false) },
    });
  }

  async #ask(
    { settings }: SchedulePlan,
    { atMs, isLate }: { readonly atMs: number; readonly isLate: boolean },
  ): Promise<void> {
    const { door, clock } = this.#deps;
    const { name: schedule, zone, start } = settings;
    const occurrence = { schedule, zone, atMs };
    const key = occurrenceKey(occurrence);
    const machine = { sort: "schedule", name: schedule } as const;
    const cause = { says: causeText(occurrence, isLate) };
    const decision = occurrenceStart(start, occurrence);
    if (decision.kind === "start") {
      const { command, values } = decision;
      const ask: MachineAsk = { machine, door: "schedule", command, typed: { values }, cause };
      void this.#tell(schedule, await door.ask(key, ask));
    } else {
      const failed = decision.kind === "failed" ? [decision] : [];
      await door.note(key, { machine, reason: nothingText(decision), cause, failed });
    }
    await this.#record({ type: "schedule.asked", at: clock.now(), schedule, occurrence: atMs });
  }

  async #tell(schedule: string, { isNew, answer }: MachineAsked): Promise<void> {
    const { logger } = this.#deps;
    try {
      const result = await answer;
      if (isNew && result !== undefined) logger.info("a schedule asked for a run", { schedule, ...plainly(result) });
    } catch (error) {
      logger.error("what came of a schedule is not known", { schedule, error: errorText(error) });
    }
  }

  async #record(fact: LogFact & { readonly schedule: string; readonly occurrence: number }): Promise<void> {
    await this.#deps.log.append([fact]);
    this.#facts += 1;
    const cursor = this.#cursors?.get(fact.schedule);
    if (cursor !== undefined) this.#cursors?.set(fact.schedule, { ...cursor, untilMs: fact.occurrence });
  }
}

/** Beside it stands which schedule it was, wherever people see it. */
function causeText({ zone, atMs }: { readonly zone: string; readonly atMs: number }, isLate: boolean): string {
  const due = `due ${civilText(atMs, zone)}`;
  return isLate ? `${due}, made up for: the server was not there at the time` : due;
}

function leftOutText({
  count,
  isMore,
  missed,
}: Pick<NonNullable<DueOccurrences["skipped"]>, "count" | "isMore"> & { readonly missed: string }): string {
  const before = count === 1 ? "" : ` with ${isMore ? "more than " : ""}${count - 1} before it`;
  return `left out${before} by \`missed: ${missed}\`: the server was not there, or could not record it`;
}

function plainly({
  code,
  message,
  run,
}: {
  readonly code: string;
  readonly message: string;
  readonly run?: string | undefined;
}) {
  return { code, message, ...(run !== undefined && { run }) };
}
