import { ScheduleSettings } from "../../../../src/config/schedule-settings.ts";
import type { EventStore } from "../../../../src/engine/ports.ts";
import { silentLogger } from "../../../../src/platform/logger.ts";
import { storedEvent } from "../../../../src/store/log-reader.ts";
import { Schedules } from "../../../../src/triggers/schedule/schedules.ts";
import { rightConfiguration } from "../../../support/configured.ts";
import { settle } from "../../../support/fake-clock.ts";
import { IntakeRig } from "../../../support/intake-rig.ts";
import { Dice } from "../../dice.ts";
import type { LogLine } from "../triggers/trigger-check.ts";
import { scheduleFaults, type Stretch, type WorldSchedule } from "./schedule-check.ts";

const STEPS = 40;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LOOK = 15 * SECOND;

const WORLD: readonly WorldSchedule[] = [
  { name: "skipping", everyMinutes: 10, missed: "skip" },
  { name: "newest", everyMinutes: 15, missed: "last" },
  { name: "every", everyMinutes: 20, missed: "all" },
];

const CONFIGURATION = rightConfiguration
  .replace("roles:\n", "roles:\n  clock: [{ schedule: skipping }, { schedule: newest }, { schedule: every }]\n")
  .replace("grants:\n", "grants:\n  - { role: clock, verbs: [tick], services: all, environments: all }\n");

const COMMAND = `name: Tick
summary: What the clock asks for
on: { slash: /qd tick <at> }
inputs: { at: { type: string } }
steps:
  - { id: pause, uses: delay, with: { for: 1s } }
`;

/** Plays one seed: schedules on a server that is killed, stopped and started, with a clock that is set and schedules that come and go. */
export async function playSchedules(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`schedules/${seed}`);
  await using rig = await IntakeRig.open([], CONFIGURATION, { tick: COMMAND });
  const play = new Play(rig, dice.fork("acts"));
  await play.start();
  for (let step = 0; step < STEPS; step += 1) await play.act();
  // Whatever is under way comes to its end.
  await play.pass(2 * MINUTE);
  await play.kill(0);
  await play.start();
  await play.pass(2 * MINUTE);
  await play.end();
  const lines = Array.from(rig.store.log.rows(), (row): LogLine => {
    return { stream: row.stream, type: row.type, at: row.at, payload: storedEvent(row) };
  });
  return scheduleFaults(lines, { schedules: WORLD, stretches: play.stretches });
}

class Play {
  readonly stretches: Stretch[] = [];
  readonly #rig: IntakeRig;
  readonly #dice: Dice;
  #life = { isOver: true };
  #schedules: Schedules | undefined;
  #since: number | undefined;
  #configured: readonly WorldSchedule[] = WORLD;

  constructor(rig: IntakeRig, dice: Dice) {
    this.#rig = rig;
    this.#dice = dice;
  }

  async act(): Promise<void> {
    const dice = this.#dice;
    const roll = dice.fraction();
    if (roll < 0.12)
      return await this.#crash(dice.pick([0, 0, 5 * SECOND, MINUTE, 12 * MINUTE, 45 * MINUTE, 10 * HOUR]));
    if (roll < 0.2) return await this.#setClock(dice.pick([-1, 1]) * dice.pick([MINUTE, 25 * MINUTE, 3 * HOUR]));
    if (roll < 0.28) return await this.#reconfigure();
    if (roll < 0.5) return await this.#dieOverIt();
    await this.pass(dice.pick([SECOND, 20 * SECOND, MINUTE, 7 * MINUTE, 20 * MINUTE]));
  }

  async start(): Promise<void> {
    const { clock } = this.#rig;
    const life = { isOver: false };
    this.#life = life;
    const events = untilDeath(this.#rig.store.events, life);
    const schedules = new Schedules({
      settings: () => this.#configured.map((each) => settingsOf(each)),
      log: {
        newest: (limit) => this.#rig.store.log.newest("schedules", limit).map(storedEvent),
        append: (facts) => events.append({ stream: "schedules", expectedVersion: -1, events: facts }),
      },
      door: this.#rig.machines,
      // Timers of the dead never ring.
      clock: { now: clock.now, setTimer: (delayMs, action) => clock.setTimer(delayMs, () => life.isOver || action()) },
      logger: silentLogger,
    });
    this.#schedules = schedules;
    this.#since = clock.now();
    schedules.start();
    await settle();
  }

  async pass(durationMs: number): Promise<void> {
    let leftMs = durationMs;
    // While nobody is there nothing happens; otherwise what there is to write is written long before the next look.
    while (leftMs > LOOK && !this.#life.isOver) {
      await this.#rig.clock.advance(LOOK);
      await this.#writeAll();
      leftMs -= LOOK;
    }
    await this.#rig.clock.advance(leftMs);
    await this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let facts = -1; facts !== this.#facts;) {
      facts = this.#facts;
      await settle();
    }
  }

  get #facts(): number {
    return this.#rig.store.log.newest("schedules", 1)[0]?.version ?? 0;
  }

  /** The process is gone so many turns from now. */
  async kill(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    this.#endStretch();
    this.#life.isOver = true;
    await this.#rig.crash();
  }

  async end(): Promise<void> {
    this.#endStretch();
    await this.#schedules?.[Symbol.asyncDispose]();
  }

  async #crash(awayMs: number): Promise<void> {
    await this.kill(0);
    await this.pass(awayMs);
    await this.start();
  }

  /** Right when something is due, between any two of the writes that follow. */
  async #dieOverIt(): Promise<void> {
    const { clock } = this.#rig;
    const everyMs = this.#dice.pick(WORLD).everyMinutes * MINUTE;
    await this.pass(everyMs - (clock.now() % everyMs) - 1);
    const passed = this.pass(1);
    await this.kill(this.#dice.below(12));
    await passed;
    await this.pass(this.#dice.pick([0, SECOND, 90 * SECOND]));
    await this.start();
  }

  async #setClock(byMs: number): Promise<void> {
    this.#endStretch();
    this.#rig.clock.step(byMs);
    this.#since = this.#rig.clock.now();
    // Nobody notices before the next look.
    await this.pass(40 * SECOND);
  }

  async #reconfigure(): Promise<void> {
    this.#endStretch();
    // Each of them at times, and at times none.
    const away = this.#dice.below(WORLD.length + 1);
    this.#configured = WORLD.filter((_, index) => index !== away);
    this.#since = this.#rig.clock.now();
    this.#schedules?.refresh();
    await settle();
  }

  #endStretch(): void {
    if (this.#since === undefined) return;
    const configured = this.#configured.map(({ name }) => name);
    this.stretches.push({ fromMs: this.#since, toMs: this.#rig.clock.now(), configured });
    this.#since = undefined;
  }
}

function settingsOf({ name, everyMinutes, missed }: WorldSchedule): ScheduleSettings {
  const inputs = { at: `${name}@\${{ event.at }}` };
  return ScheduleSettings.parse({
    name,
    cron: `*/${everyMinutes} * * * *`,
    missed,
    start: { command: "tick", inputs },
  });
}

/** What the process still hands to the disk once it is dead never gets there, nor is it answered. */
function untilDeath(events: EventStore, life: { readonly isOver: boolean }): Pick<EventStore, "append"> {
  return { append: (change) => (life.isOver ? new Promise<never>(() => undefined) : events.append(change)) };
}
