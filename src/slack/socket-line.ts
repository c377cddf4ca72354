import type { App } from "@slack/bolt";

import { backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { failureOf } from "./slack-error.ts";
import { Socket } from "./socket.ts";

export interface SocketLineDeps {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How many connections there should be in all. */
  readonly expectedConnections: number;
}

const GREETING_WITHIN_MS = 15_000;
const AGAIN = { firstMs: 250, factor: 2, longestMs: 10_000 };
// Slack has told us to stay away; coming back at once would be a stampede.
const STAY_AWAY_MS = 60_000;
const ALARM_AFTER_MS = 60_000;
// Slack goes on sending over a connection that it asked us to leave until it closes it, some ten seconds later.
const DRAIN_MS = 30_000;

/**
 * Keeps one connection to Slack open. When Slack asks to leave one, the next is opened first, so that nothing falls between
 * them; when one is lost, the next is opened at once, then ever more slowly.
 */
export class SocketLine {
  readonly #deps: SocketLineDeps;
  readonly #draining = new Set<Socket>();
  #app: App | undefined;
  #current: Socket | undefined;
  #timer: Timer | undefined;
  #alarm: Timer | undefined;
  #failures = 0;
  #isStopped = true;

  constructor(deps: SocketLineDeps) {
    this.#deps = deps;
  }

  get isConnected(): boolean {
    return this.#current !== undefined;
  }

  /** Opens the line; resolves with the first greeting, rejects with the first failure, and goes on trying in either case. */
  async start(app: App): Promise<void> {
    this.#app = app;
    this.#isStopped = false;
    this.#watch();
    await this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#alarm?.cancel();
    for (const socket of [this.#current, ...this.#draining]) socket?.close();
    this.#draining.clear();
    this.#current = undefined;
  }

  async #connect(): Promise<void> {
    const app = this.#app;
    if (app === undefined || this.#isStopped) return;
    const socket: Socket = new Socket({
      ...this.#deps,
      app,
      onLeaving: (reason) => this.#leaving(socket, reason),
      onClosed: () => this.#lost(socket),
    });
    try {
      await socket.open(GREETING_WITHIN_MS);
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#connected(socket);
  }

  #connected(socket: Socket): void {
    if (this.#isStopped) return socket.close();
    // Greeting and end can arrive together.
    if (socket.isClosed) return this.#failed(new Error("the connection closed right after Slack's greeting"));
    const { expectedConnections, logger } = this.#deps;
    const old = this.#current;
    this.#current = socket;
    this.#failures = 0;
    this.#alarm?.cancel();
    logger.info("connected to Slack", { connections: socket.connections });
    // While one connection replaces another there is one more than usual.
    if (socket.connections > 2 * expectedConnections) {
      logger.error("more connections to Slack than this server opened: another program uses the same app token", {
        connections: socket.connections,
      });
    }
    if (old !== undefined) this.#drain(old);
    // Slack may have asked for the next one together with its greeting.
    if (socket.isLeaving) this.#later(0);
  }

  #drain(socket: Socket): void {
    this.#draining.add(socket);
    this.#deps.clock.setTimer(DRAIN_MS, () => {
      this.#draining.delete(socket);
      socket.close();
    });
  }

  #leaving(socket: Socket, reason: string): void {
    if (this.#isStopped) return;
    if (reason === "link_disabled" || reason === "too_many_websockets") {
      this.#deps.logger.error("Slack does not want this connection", { reason });
      if (socket === this.#current) this.#current = undefined;
      socket.close();
      this.#watch();
      this.#later(STAY_AWAY_MS);
    } else if (socket === this.#current) {
      this.#deps.logger.info("Slack asks for a new connection", { reason });
      this.#later(0);
    }
  }

  #lost(socket: Socket): void {
    this.#draining.delete(socket);
    if (socket !== this.#current || this.#isStopped) return;
    this.#deps.logger.warn("a connection to Slack was lost");
    this.#current = undefined;
    this.#watch();
    this.#later(0);
  }

  #failed(error: unknown): void {
    const failure = failureOf(error);
    this.#failures += 1;
    this.#deps.logger.warn("no connection to Slack", { tries: this.#failures, error: errorText(error) });
    const delayMs = failure.status === "limited" ? failure.afterMs : backoffMs(AGAIN, this.#failures + 1);
    this.#later(withJitter(delayMs, this.#deps.random.fraction()));
  }

  #later(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    // A failure has been logged and the next try planned by then.
    this.#timer = this.#deps.clock.setTimer(delayMs, () => void this.#connect().catch(() => undefined));
  }

  #watch(): void {
    this.#alarm?.cancel();
    this.#alarm = this.#deps.clock.setTimer(ALARM_AFTER_MS, () => {
      if (this.#isStopped || this.isConnected) return;
      this.#deps.logger.error("no connection to Slack for a minute: commands and clicks fail until there is one");
      this.#watch();
    });
  }
}
