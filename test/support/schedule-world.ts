import { ScheduleSettings } from "../../src/config/schedule-settings.ts";
import type { MachineAsk, MachineAsked, MachineDoor } from "../../src/engine/machine-door.ts";
import type { LogFact } from "../../src/engine/ports.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { Schedules } from "../../src/triggers/schedule/schedules.ts";
import { FakeClock, settle } from "./fake-clock.ts";

/** Which durable write fails, and whether it has reached the disk by then. */
export interface Failure {
  readonly write: number;
  readonly isOnDisk: boolean;
}

/** What outlives a server that follows schedules: the log, what it was asked for, and the time. */
export class ScheduleWorld {
  readonly clock: FakeClock;
  readonly facts: LogFact[] = [];
  readonly asks = new Map<string, MachineAsk>();
  readonly noted = new Map<string, string>();
  readonly lines: string[] = [];
  settings: readonly ScheduleSettings[] = [];
  /** How many durable writes there were. */
  writes = 0;
  failure: Failure | undefined;
  /** How often the log was asked for its end, and how much of it. */
  readonly reads: number[] = [];

  constructor(now: string) {
    this.clock = new FakeClock(Date.parse(now));
  }

  configure(...schedules: readonly Record<string, unknown>[]): void {
    this.settings = schedules.map((each) => scheduleSettings(each));
  }

  /** A server on what is there; it has dealt with what is due once this resolves. */
  async start(): Promise<Schedules> {
    const schedules = new Schedules({
      settings: () => this.settings,
      log: {
        newest: (limit) => {
          this.reads.push(limit);
          return this.facts.toReversed().slice(0, limit);
        },
        append: (facts) => this.#write(() => void this.facts.push(...facts)),
      },
      door: this.#door(),
      clock: this.clock,
      logger: createLogger({
        level: "info",
        mask: new SecretMask(),
        now: this.clock.now,
        write: (line) => void this.lines.push(line),
      }),
    });
    schedules.start();
    await settle();
    return schedules;
  }

  /** The moments that runs were asked for, in the order in which they were. */
  get asked(): readonly string[] {
    return Array.from(this.asks.keys(), (key) => key.split("/").at(-1) ?? "");
  }

  factsOf(type: string): readonly LogFact[] {
    return this.facts.filter((fact) => fact.type === type);
  }

  #door(): Pick<MachineDoor, "ask" | "note" | "resultOf"> {
    return {
      ask: async (key, ask) => {
        let isNew = false;
        await this.#write(() => {
          isNew = !this.asks.has(key);
          if (isNew) this.asks.set(key, ask);
        });
        const answer: MachineAsked["answer"] = Promise.resolve({ code: "run.started", message: "started" });
        return { isNew, answer };
      },
      note: async (key, { reason }) => {
        await this.#write(() => void this.noted.set(key, reason));
        return true;
      },
      resultOf: (key) => (this.asks.has(key) || this.noted.has(key) ? "pending" : undefined),
    };
  }

  async #write(reach: () => void): Promise<void> {
    await Promise.resolve();
    const write = this.writes++;
    const isFailing = this.failure?.write === write;
    if (!isFailing || this.failure?.isOnDisk === true) reach();
    if (isFailing) throw new Error("the disk is full");
  }
}

export function scheduleSettings(settings: Record<string, unknown>): ScheduleSettings {
  return ScheduleSettings.parse({ name: "nightly", start: { command: "drift" }, ...settings });
}
