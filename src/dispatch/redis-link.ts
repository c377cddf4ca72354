import { Redis, type RedisOptions } from "ioredis";

import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Link } from "./link.ts";

interface Deps {
  /** `redis://` or `rediss://`, with its password. */
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RETRY_MS = 300;
const CONNECT_TIMEOUT_MS = 3000;
// A Redis that is stopped or cut off leaves connections open on which nothing ever arrives.
const SILENT_MS = 5000;
const COMMAND_TIMEOUT_MS = 2000;
const ECHO_EVERY_MS = 250;
const ECHO_LATE_MS = 1000;

/** The settings of every connection: it is made again for ever, and soon. */
export function connectionOptions() {
  return {
    retryStrategy: () => RETRY_MS,
    // After a change of roles the old address may still answer, and only refuse to write.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENT_MS,
    maxRetriesPerRequest: null,
  } satisfies RedisOptions;
}

/** Messages between a server and its workers through Redis. */
export class RedisLink implements Link {
  readonly #deps: Deps;
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #listeners = new Map<string, (text: string) => void>();
  readonly #place: string;
  #onReady: () => void = () => undefined;
  #trouble: string | undefined = "it is not connected yet";
  #subscribed = false;
  #lastEcho = -Infinity;
  #heardSince: number | undefined;
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { host } = new URL(deps.url);
    this.#place = host === "" ? "redis" : host;
    const own = { ...connectionOptions(), commandTimeout: COMMAND_TIMEOUT_MS };
    // What cannot be sent now is of no use later: it is made anew by then.
    this.#commands = new Redis(deps.url, { ...own, enableOfflineQueue: false });
    this.#subscriber = new Redis(deps.url, { ...own, autoResubscribe: false });
    for (const redis of [this.#commands, this.#subscriber]) {
      redis.on("error", (error: Error) => this.#fail(error));
      redis.on("close", () => this.#lose());
      redis.on("ready", () => void this.#prepare());
    }
    this.#subscriber.on("message", (channel: string, text: string) => this.#listeners.get(channel)?.(text));
    this.#echo();
  }

  /** The connection for commands; whoever uses it beside us never closes it. */
  get commands(): Redis {
    return this.#commands;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  get heardSince(): number | undefined {
    // Asked after this process itself has stood still, the last echo is old too.
    return this.#isEchoLate() ? undefined : this.#heardSince;
  }

  listen(channel: string, listener: (text: string) => void): void {
    this.#listeners.set(channel, listener);
  }

  onReady(action: () => void): void {
    this.#onReady = action;
  }

  async publish(channel: string, text: string): Promise<void> {
    try {
      await this.#commands.publish(channel, text);
    } catch (cause) {
      throw new AppError(`Redis (${this.#place}) did not take a message.`, {
        code: "redis.unavailable",
        retry: "backoff",
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#commands.disconnect();
    this.#subscriber.disconnect();
    await Promise.resolve();
  }

  async #prepare(): Promise<void> {
    if (this.#isClosed || this.#commands.status !== "ready" || this.#subscriber.status !== "ready") return;
    try {
      if (!this.#subscribed && this.#listeners.size > 0) await this.#subscriber.subscribe(...this.#listeners.keys());
      this.#subscribed = true;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(errorText(error)));
      this.#subscriber.disconnect(true);
      return;
    }
    if (this.#trouble !== undefined) {
      this.#trouble = undefined;
      this.#deps.logger.info("connected to Redis", { redis: this.#place });
    }
    this.#onReady();
  }

  #lose(): void {
    this.#subscribed &&= this.#subscriber.status === "ready";
    if (!this.#subscribed) this.#heardSince = undefined;
    this.#fail(new Error("the connection was closed"));
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    const trouble = troubleText(error);
    // A closed connection follows from what was said already.
    if (this.#trouble !== undefined && (trouble === this.#trouble || trouble === CLOSED)) return;
    this.#trouble = trouble;
    this.#deps.logger.warn("Redis cannot be used; everything waits for it and nothing is lost", {
      redis: this.#place,
      why: trouble,
    });
  }

  /** What was sent to us before the answer to a ping has been heard by then, so silence after it is the others' own. */
  #echo(): void {
    const { clock } = this.#deps;
    if (this.#isClosed) return;
    clock.setTimer(ECHO_EVERY_MS, () => this.#echo());
    if (!this.#subscribed || this.#subscriber.status !== "ready") return;
    void this.#hearEcho(this.#subscriber.ping());
  }

  async #hearEcho(echo: Promise<unknown>): Promise<void> {
    try {
      await echo;
    } catch {
      return;
    }
    const now = this.#deps.clock.monotonic();
    this.#heardSince = this.heardSince ?? now;
    this.#lastEcho = now;
  }

  #isEchoLate(): boolean {
    return this.#deps.clock.monotonic() - this.#lastEcho > ECHO_LATE_MS;
  }
}

const CLOSED = "it does not answer";

function troubleText(error: Error): string {
  const { message } = error;
  if (/NOAUTH|WRONGPASS|invalid password/iu.test(message)) return "it does not accept the user name and password";
  if (message.startsWith("NOPERM")) return "its user may not use the channels or commands that are needed";
  if (message.startsWith("OOM")) return "it is full (maxmemory)";
  if (message.startsWith("READONLY")) return "it is a read-only replica";
  if (message.startsWith("MISCONF")) return "it refuses to write because it cannot save to its disk";
  if (message.startsWith("LOADING")) return "it is still loading its data";
  if (/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_AGAIN/u.test(message))
    return `it cannot be reached (${message})`;
  if (/closed|timed? ?out|ECONNRESET|EPIPE|enableOfflineQueue|Socket timeout/iu.test(message)) return CLOSED;
  return message;
}

/** Why a command of Redis failed, for people. */
export function redisTrouble(error: unknown): string {
  return error instanceof Error ? troubleText(error) : errorText(error);
}
