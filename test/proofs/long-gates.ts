import { Alarm } from "../../src/engine/alarm.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { settle } from "../support/fake-clock.ts";
import { Dice } from "../sim/dice.ts";
import { ONE_APPROVES, ParkedRun } from "./parked-run.ts";
import { amountOf, atLeast, none, type Proof, type ProofSize } from "./proof.ts";

const GATES: Readonly<Record<ProofSize, number>> = { short: 8, full: 300 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS_OPEN = 100;
// The alarm looks at least once a minute, and tries again after a few seconds.
const LATEST = 61_000;

const CONFIGURATION = ONE_APPROVES.replace("{ user: U0OLGA01 }]", `{ user: U0OLGA01 }], expires: ${DAYS_OPEN}d`);

type Move = "hours pass" | "suspended" | "summer time" | "winter time" | "set wrong" | "stands still" | "started anew";

const MOVES: readonly Move[] = [
  "hours pass",
  "hours pass",
  "suspended",
  "suspended",
  "suspended",
  "summer time",
  "winter time",
  "set wrong",
  "stands still",
  "started anew",
];

/** R10: a request that stays open for 100 days expires once, and not before its time, whatever the clocks do meanwhile. */
export const longGates: Proof = {
  goal: "R10",
  says: "gates of 100 days, full about 4 min",
  prove: async (size, part = 1) => {
    const gates = amountOf(GATES, size, part);
    const faults: string[] = [];
    const moved = new Map<Move, number>();
    for (let seed = 1; seed <= gates; seed += 1) {
      const found = await waitFor(new Dice(String(seed)), moved);
      faults.push(...found.map((fault) => `gate ${seed}: ${fault}`));
    }
    const result = [...moved].map(([move, times]) => `${move} ${times}`).join(", ");
    return [
      atLeast("R10", `gates of ${DAYS_OPEN} days`, { is: gates, wanted: gates }),
      { goal: "R10", what: "what the clocks did meanwhile", result, wanted: "-", holds: true },
      none("R10", "gates that expired early, late, twice or never, or let anything through", faults),
    ];
  },
};

async function waitFor(dice: Dice, moved: Map<Move, number>): Promise<readonly string[]> {
  await using gate = await LongGate.open(dice.hex(40));
  const faults: string[] = [];
  for (let rounds = 0; rounds < 400 && !gate.isLongOver; rounds += 1) {
    const move = dice.pick(MOVES);
    moved.set(move, (moved.get(move) ?? 0) + 1);
    await gate.move(move, dice);
    faults.push(...gate.faults());
    if (faults.length > 0) return faults;
  }
  return gate.isLongOver ? faults : [...faults, "it never expired"];
}

/** A parked run with the alarm of its process. */
class LongGate implements AsyncDisposable {
  readonly #run: ParkedRun;
  readonly #id: string;
  readonly #expiresAt: number;
  #alarm: Alarm;
  /** The latest that the wall clock has ever said. */
  #latest: number;
  /** How long it has been looked at, on a running machine, since its time had come. */
  #overdueMs = 0;

  private constructor(run: ParkedRun) {
    this.#run = run;
    this.#id = run.id;
    this.#expiresAt = run.gate.gate.expiresAt;
    this.#latest = run.rig.clock.now();
    this.#alarm = this.#arm();
  }

  static async open(revision: string): Promise<LongGate> {
    return new LongGate(await ParkedRun.open(revision, { configuration: CONFIGURATION }));
  }

  /** Its time has come long ago, and nothing more will happen. */
  get isLongOver(): boolean {
    return this.#overdueMs > 2 * HOUR;
  }

  async move(move: Move, dice: Dice): Promise<void> {
    const { clock } = this.#run.rig;
    switch (move) {
      case "hours pass":
        return await this.#pass(dice.below(3 * HOUR));
      case "suspended":
        return this.#set(dice.below(6 * DAY));
      case "summer time":
        return this.#set(HOUR);
      case "winter time":
        return this.#set(-HOUR);
      case "set wrong": {
        const wrongMs = (dice.fraction() - 0.5) * 40 * DAY;
        clock.step(wrongMs);
        // Somebody notices before the next look; or nobody does.
        if (dice.chance(0.7)) clock.step(-wrongMs);
        else this.#set(0);
        return;
      }
      case "stands still":
        return await settle();
      case "started anew":
        this.#alarm[Symbol.dispose]();
        await this.#run.rig.crash();
        this.#alarm = this.#arm();
    }
  }

  faults(): readonly string[] {
    const events = this.#run.rig.store.events.readRun(this.#id);
    const expiries = events.filter((event) => event.type === "step.failed" && event.failure.code === "gate.expired");
    const early = this.#latest < this.#expiresAt && expiries.length > 0;
    const late = this.#overdueMs > LATEST && expiries.length === 0;
    return [
      ...(early ? ["it expired early"] : []),
      ...(late ? [`it had not expired ${Math.round(this.#overdueMs / 1000)} s after its time`] : []),
      ...(expiries.length > 1 ? [`it expired ${expiries.length} times`] : []),
      ...(this.#run.job === undefined ? [] : ["something was synced"]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alarm[Symbol.dispose]();
    await this.#run[Symbol.asyncDispose]();
  }

  #set(byMs: number): void {
    const { clock } = this.#run.rig;
    clock.step(byMs);
    this.#latest = Math.max(this.#latest, clock.now());
    if (clock.now() < this.#expiresAt) this.#overdueMs = 0;
  }

  async #pass(ms: number): Promise<void> {
    const { clock } = this.#run.rig;
    const isDue = clock.now() >= this.#expiresAt;
    await clock.advance(ms);
    this.#latest = Math.max(this.#latest, clock.now());
    this.#overdueMs = isDue ? this.#overdueMs + ms : 0;
  }

  #arm(): Alarm {
    const { rig } = this.#run;
    const { store, clock } = rig;
    const alarm = new Alarm({ store: store.events, clock, logger: silentLogger, wakeDue: () => rig.runs.wakeDue() });
    alarm.arm();
    return alarm;
  }
}
