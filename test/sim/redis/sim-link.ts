import type { Link } from "../../../src/dispatch/link.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import { AppError } from "../../../src/platform/errors.ts";
import type { Dice } from "../dice.ts";
import type { Life } from "../life.ts";
import type { Schedule } from "../schedule.ts";
import type { Pace } from "./pace.ts";

/** A process that uses Redis. */
export interface RedisUser {
  readonly life: Life;
  readonly pace: Pace;
  /** Its own, which comes late while it stands still. */
  readonly clock: Clock;
}

/** What a connection needs of Redis and of the way there. */
export interface RedisSide {
  /** Whether this process would get through now. */
  reachable(link: SimLink): "yes" | "refused" | "silent";
  /** Has it done, now or when Redis goes on; the answer, if there is one, is on its way then. */
  carry(act: () => void): void;
  publish(channel: string, text: string): void;
  /** Whether the sender will hear of what it sends now. */
  isAnswered(): boolean;
}

interface Deps {
  readonly user: RedisUser;
  readonly line: Schedule;
  readonly dice: Dice;
  readonly redis: RedisSide;
  /** Called when it is connected, for the first time or again. */
  readonly onOpen: () => void;
}

const LATENCY_MS = [1, 4] as const;
const RETRY_MS = 300;
const COMMAND_TIMEOUT_MS = 2000;
// As much as the program finds out by pings: from the first one that is answered, and not while one is this late.
const FIRST_ECHO_MS = 250;
const ECHO_LATE_MS = 1000;

/** A connection to the simulated Redis. Answers come through the pace of the process, and not at all when it is dead. */
export class SimLink implements Link {
  readonly user: RedisUser;
  readonly #deps: Deps;
  readonly #listeners = new Map<string, (text: string) => void>();
  readonly #unanswered = new Set<(error: Error) => void>();
  #onReady: () => void = () => undefined;
  #trouble: string | undefined = "it is not connected yet";
  #hearsFrom: number | undefined;
  #silentSince: number | undefined;
  /** Counts connections: what was sent through an earlier one is not heard through this one. */
  #connection = 0;
  #isOpen = false;
  #isClosed = false;
  #lastArrival = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.user = deps.user;
    deps.user.life.onDeath(() => this.#drop());
    this.#connect();
  }

  /** Whether Redis has a connection of it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  get heardSince(): number | undefined {
    const from = this.#hearsFrom;
    const { pace, clock } = this.user;
    const now = clock.monotonic();
    if (from === undefined) return undefined;
    if (this.#silentSince !== undefined && this.#deps.line.now() - this.#silentSince > ECHO_LATE_MS) return undefined;
    const { ms, until } = pace.lastStop;
    const movesSince = ms > ECHO_LATE_MS ? now - (this.#deps.line.now() - until) + LATENCY_MS[1] : -Infinity;
    const since = Math.max(from, movesSince);
    return since <= now ? since : undefined;
  }

  listen(channel: string, listener: (text: string) => void): void {
    this.#listeners.set(channel, listener);
  }

  onReady(action: () => void): void {
    this.#onReady = action;
  }

  publish(channel: string, text: string): Promise<void> {
    return this.command(() => this.#deps.redis.publish(channel, text));
  }

  /** Has Redis do something, and resolves with what it gave. Throws `redis.unavailable`. */
  command<Result>(act: () => Result): Promise<Result> {
    const { line, redis } = this.#deps;
    const { pace, life } = this.user;
    return new Promise((resolve, reject) => {
      if (life.isDead) return;
      if (this.#trouble !== undefined || this.#isClosed) return reject(unavailable(this.#trouble ?? "it was closed"));
      const fail = (error: Error): void => {
        if (this.#unanswered.delete(fail)) reject(error);
      };
      this.#unanswered.add(fail);
      // Written to a connection that is gone, which the process has not seen yet.
      if (!this.#isOpen) return;
      const isAnswered = redis.isAnswered();
      if (!isAnswered || redis.reachable(this) !== "yes")
        line.after(COMMAND_TIMEOUT_MS, () => pace.reach(() => fail(unavailable("it does not answer"))));
      redis.carry(() => {
        const result = act();
        const arrive = (): void => {
          if (this.#unanswered.delete(fail)) resolve(result);
        };
        if (isAnswered) line.after(this.#latencyMs(), () => pace.reach(arrive));
      });
    });
  }

  /** What is sent to this channel now arrives in order, unless it is `lateMs` late. */
  deliver(channel: string, text: string, lateMs: number): void {
    const listener = this.#listeners.get(channel);
    if (listener !== undefined) this.send(() => listener(text), lateMs);
  }

  /** Something that Redis sends now arrives at the process, unless the connection is lost before. */
  send(arrive: () => void, lateMs = 0): void {
    if (!this.#isOpen) return;
    const { line } = this.#deps;
    const connection = this.#connection;
    const at = Math.max(this.#lastArrival, line.now() + this.#latencyMs());
    if (lateMs === 0) this.#lastArrival = at;
    line.after(at - line.now() + lateMs, () => {
      if (this.#connection !== connection || !this.#isOpen) return;
      this.user.pace.reach(() => {
        if (!this.#isClosed) arrive();
      });
    });
  }

  /** Redis or the way to it is lost; the process sees that when it moves. */
  lose(): void {
    if (!this.#isOpen) return;
    this.#drop();
    this.user.pace.reach(() => {
      this.#hearsFrom = undefined;
      this.#fail("it does not answer");
      this.#tryAgain(RETRY_MS);
    });
  }

  /** Redis stands still. */
  silence(): void {
    this.#silentSince = this.#deps.line.now();
  }

  /** Redis goes on. */
  unsilence(): void {
    const since = this.#silentSince;
    this.#silentSince = undefined;
    if (since === undefined || this.#hearsFrom === undefined) return;
    if (this.#deps.line.now() - since > ECHO_LATE_MS) this.#hearsFrom = this.user.clock.monotonic() + this.#latencyMs();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#drop();
    this.#failAll("it was closed");
    await Promise.resolve();
  }

  #drop(): void {
    this.#isOpen = false;
  }

  #connect(): void {
    const { line, redis } = this.#deps;
    line.after(this.#latencyMs(), () => {
      const { life, pace } = this.user;
      if (life.isDead || this.#isClosed) return;
      const way = redis.reachable(this);
      if (way === "yes") {
        this.#isOpen = true;
        this.#connection += 1;
        return pace.reach(() => this.#open(this.#connection));
      }
      pace.reach(() => {
        this.#fail(way === "refused" ? "it cannot be reached (connect ECONNREFUSED)" : "it does not answer");
        this.#tryAgain(RETRY_MS);
      });
    });
  }

  #open(connection: number): void {
    if (this.#isClosed || !this.#isOpen || connection !== this.#connection) return;
    const { dice, onOpen } = this.#deps;
    this.#trouble = undefined;
    this.#silentSince = undefined;
    this.#hearsFrom = this.user.clock.monotonic() + dice.between(1, FIRST_ECHO_MS);
    this.#onReady();
    onOpen();
  }

  #tryAgain(delayMs: number): void {
    this.user.clock.setTimer(delayMs, () => this.#connect());
  }

  #fail(trouble: string): void {
    this.#trouble = trouble;
    this.#failAll(trouble);
  }

  #failAll(why: string): void {
    for (const fail of this.#unanswered) fail(unavailable(why));
  }

  #latencyMs(): number {
    return this.#deps.dice.between(...LATENCY_MS);
  }
}

function unavailable(why: string): AppError {
  return new AppError(`Redis did not take it: ${why}.`, { code: "redis.unavailable", retry: "backoff" });
}
