import type { Repeat } from "../../../src/engine/step-kind.ts";
import type { StoryAct } from "./remote-story.ts";

/** One execution on a worker. */
export interface Execution {
  readonly key: string;
  readonly token: number;
  readonly worker: string;
  readonly repeat: Repeat;
  /** Whether its effect has happened. */
  didAct: boolean;
  /** Whether it was told to stop. */
  wasStopped: boolean;
  /** Whether it takes very long to do so. */
  isSlow: boolean;
  /** Whether nothing of it goes on, also because its process is dead. */
  hasEnded: boolean;
  isDead: boolean;
}

/** One effect as the log would have it. */
export interface Wanted {
  readonly key: string;
  readonly repeat: Repeat;
  token: number;
  /** How it ended; undefined until then. */
  ended: string | undefined;
  cancelledAt: number | undefined;
  anewAt: number;
}

// After this whatever went wrong has no consequences any more.
const RECOVERY_MS = 8000;
const STOPS_WITHIN_MS = 7000;
// So soon all workers know the new server.
const NEW_SERVER_MS = 1500;
/** What makes them hear of it later. */
const DELAYS: ReadonlySet<string> = new Set(["stall", "away", "freeze", "cut", "messages"]);
const ANEW_MS = 10_000;
// A worker that stands still, or is cut off, for less is never missed.
const SHORT_MS = 800;

/** Sees what happens to the world, to effects and to executions, and says what must not be. */
export class RemoteWitness {
  readonly violations: string[] = [];
  readonly log: string[] = [];
  readonly executions: Execution[] = [];
  /** Dispatches whose checkpoints are on the disk. */
  readonly #durable = new Set<string>();
  readonly #now: () => number;
  readonly #graceMs: number;
  readonly #endedAt = new Map<string, number>();
  /** Until then a worker may be taken for gone. */
  #harmedUntil = 0;
  /** Until then workers that end may hand back. */
  #endingUntil = 0;
  #serverUntil = 0;
  /** Until then what goes over Redis may come late. */
  #delayedUntil = 0;
  /** Until then things do not go their usual way. */
  #unquietUntil = 0;

  constructor({ now, graceMs }: { readonly now: () => number; readonly graceMs: number }) {
    this.#now = now;
    this.#graceMs = graceMs;
  }

  say(text: string): void {
    this.log.push(`${(this.#now() % 3_600_000) / 1000} ${text}`);
  }

  wrong(what: string): void {
    this.violations.push(what);
    this.say(`WRONG: ${what}`);
  }

  /** Something goes wrong now; `worker` is the one that it happens to. */
  act(event: StoryAct, worker: string | undefined): void {
    const { who, act } = event;
    if (who === "run" || who === "rush") return;
    const now = this.#now();
    const ms = "ms" in act ? act.ms : 0;
    const until = now + ms + RECOVERY_MS;
    this.#unquietUntil = Math.max(this.#unquietUntil, until);
    this.#heedServer(event, now + ms);
    if (who === "worker" && act.kind === "end") {
      this.#endingUntil = Math.max(this.#endingUntil, until + this.#graceMs);
      if (worker !== undefined) this.#endedAt.set(worker, now);
    }
    // What has been harmed may be seen only when all the rest of the trouble is over.
    if (now < this.#harmedUntil || isHarm(event)) this.#harmedUntil = Math.max(this.#harmedUntil, this.#unquietUntil);
  }

  /** Workers know a new server soon, unless what is said comes late, also because of what had begun before. */
  #heedServer(event: StoryAct, untilMs: number): void {
    const isDelay = DELAYS.has(event.act.kind);
    if (isDelay) this.#delayedUntil = Math.max(this.#delayedUntil, untilMs);
    if (!isNewServer(event) && !(isDelay && this.#now() < this.#serverUntil)) return;
    this.#serverUntil = Math.max(this.#serverUntil, untilMs + NEW_SERVER_MS, this.#delayedUntil + NEW_SERVER_MS);
  }

  died(worker: string): void {
    for (const execution of this.executions) {
      if (execution.worker !== worker) continue;
      execution.isDead = true;
      execution.hasEnded = true;
    }
  }

  began(execution: Execution): void {
    const { key, worker, repeat } = execution;
    const earlier = this.executions.filter((other) => other.key === key);
    this.executions.push(execution);
    this.say(`${worker} begins ${key} under ${execution.token}`);
    if (repeat === "ask" && earlier.length > 0)
      this.wrong(`${key} must not be repeated and was begun again by ${worker}`);
    if (this.#endedAt.has(worker)) this.wrong(`${worker} began ${key} after it was told to end`);
    const beside = earlier.find(({ hasEnded, worker: other }) => !hasEnded && other !== worker);
    const isKnown = this.#now() > Math.max(this.#harmedUntil, this.#endingUntil, this.#serverUntil);
    if (beside !== undefined && isKnown) this.wrong(`${worker} began ${key} beside ${beside.worker}, which was heard`);
  }

  /** It was told to stop, for this reason. */
  stopped(execution: Execution, wanted: Wanted | undefined, reason: string): void {
    const now = this.#now();
    const { key, worker, repeat } = execution;
    execution.wasStopped = true;
    this.say(`${worker} stops ${key}: ${reason}`);
    const endedAt = this.#endedAt.get(worker);
    if (repeat === "ask" && reason === "ShuttingDown" && endedAt !== undefined && now - endedAt < this.#graceMs - 100)
      this.wrong(`${worker} ended and did not wait for ${key}, which must not be interrupted`);
    const isExcused =
      now < this.#harmedUntil || now < this.#endingUntil || (repeat !== "ask" && now < this.#serverUntil);
    if (!isExcused && !isWished(wanted, now))
      this.wrong(`${worker} stopped ${key} (${reason}), and nothing had happened to it`);
  }

  durable(key: string, token: number): void {
    this.#durable.add(`${token} ${key}`);
  }

  /** The effect itself. */
  acted(execution: Execution, wanted: Wanted | undefined): void {
    const { key, token, worker, repeat } = execution;
    if (wanted?.ended !== undefined) this.wrong(`${worker} did ${key} after it had ended (${wanted.ended})`);
    if (!this.#durable.has(`${token} ${key}`))
      this.wrong(`${worker} did ${key} under ${token} before its checkpoint was on the disk`);
    const other = this.executions.find(({ key: its, didAct }) => its === key && didAct);
    if (repeat !== "safe" && other !== undefined) this.wrong(`${worker} did ${key} after ${other.worker} had`);
    execution.didAct = true;
    this.say(`${worker} does ${key}`);
  }

  handedBack({ key, repeat }: Wanted): void {
    if (repeat === "ask" && this.executions.some((execution) => execution.key === key))
      this.wrong(`${key} must not be repeated, was begun, and was handed back`);
  }

  /** It has ended with this status. */
  ended({ key, cancelledAt }: Wanted, status: string): void {
    const now = this.#now();
    const own = this.executions.filter((execution) => execution.key === key);
    if (status === "succeeded" && !own.some(({ didAct }) => didAct)) this.wrong(`${key} succeeded, and nobody did it`);
    if (status === "cancelled" && cancelledAt === undefined) this.wrong(`${key} was cancelled, and nobody wanted that`);
    const isSlow = own.some((execution) => execution.isSlow);
    if (cancelledAt !== undefined && !isSlow && now - Math.max(cancelledAt, this.#unquietUntil) > STOPS_WITHIN_MS)
      this.wrong(`${key} was not stopped when it was cancelled`);
    if (status === "worker.lost" || status === "step.interrupted") this.#gaveUp(key, status, own);
  }

  /** People are asked to look how far it came: that has to be necessary. */
  #gaveUp(key: string, status: string, own: readonly Execution[]): void {
    const now = this.#now();
    if (now < this.#harmedUntil) return;
    if (own.length === 0 && status === "worker.lost")
      this.wrong(`${key} ended with ${status}, and nobody had begun it`);
    const isWell = own.some(({ isDead, didAct, hasEnded }) => !isDead && (!hasEnded || !didAct));
    if (isWell && now > this.#endingUntil) this.wrong(`${key} ended with ${status}, and its worker was well`);
  }
}

function isNewServer({ who, act }: StoryAct): boolean {
  return who === "server" && act.kind === "lose";
}

/** Whether a worker may be missed because of it. */
function isHarm({ who, act }: StoryAct): boolean {
  const isShort = "ms" in act && act.ms < SHORT_MS;
  if (who === "worker") return act.kind === "lose" || (act.kind === "stall" && !isShort);
  if (who !== "redis") return false;
  return act.kind === "messages" || (act.kind === "cut" && act.whom.startsWith("worker") && !isShort);
}

/** Whether somebody wants that it is stopped. */
function isWished(wanted: Wanted | undefined, now: number): boolean {
  if (wanted === undefined) return false;
  return wanted.cancelledAt !== undefined || wanted.ended !== undefined || now - wanted.anewAt < ANEW_MS;
}
