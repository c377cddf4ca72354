import type { Duplex } from "node:stream";

import type { WebSocket } from "ws";

import type { Clock, Timer } from "../platform/clock.ts";

/** Why Slack asks a client to leave. */
export type SlackDisconnectReason = "warning" | "refresh_requested" | "link_disabled" | "too_many_websockets";

export interface SlackDisconnectOptions {
  /** Whether payloads still go to this connection until it is closed. Slack goes on; the stock client discards them. */
  readonly keepsRouting?: boolean;
  /** Whether the closing handshake is answered and TCP ended; when false the client has to give up by itself. */
  readonly closesTcp?: boolean;
  /** When the server ends a connection whose client does not leave; 10 seconds unless told. */
  readonly closeAfterMs?: number;
}

/** One open WebSocket of the app. */
export class SlackConnection {
  readonly id: string;
  /** Whether new payloads may go here. */
  routed = true;
  /** Leaves the client's pings unanswered. */
  withholdsPongs = false;
  readonly #socket: WebSocket;
  readonly #tcp: Duplex;
  readonly #clock: Clock;
  #pings: Timer | undefined;
  #closing: Timer | undefined;

  constructor(deps: {
    readonly id: string;
    readonly socket: WebSocket;
    readonly tcp: Duplex;
    readonly clock: Clock;
    readonly pingEveryMs: number;
    readonly onText: (text: string, connection: SlackConnection) => void;
    readonly onClosed: (connection: SlackConnection) => void;
  }) {
    this.id = deps.id;
    this.#socket = deps.socket;
    this.#tcp = deps.tcp;
    this.#clock = deps.clock;
    deps.socket.on("message", (data, binary) => {
      if (!binary && Buffer.isBuffer(data)) deps.onText(data.toString("utf8"), this);
    });
    deps.socket.on("ping", (data) => {
      if (!this.withholdsPongs && this.#socket.readyState === this.#socket.OPEN) this.#socket.pong(data);
    });
    // A reset of the connection arrives as an error, then as a close; the close is what counts.
    deps.socket.on("error", () => undefined);
    deps.socket.on("close", () => {
      this.routed = false;
      this.#pings?.cancel();
      this.#closing?.cancel();
      deps.onClosed(this);
    });
    this.#ping(deps.pingEveryMs);
  }

  send(frame: unknown): void {
    this.sendRaw(JSON.stringify(frame));
  }

  /** Sends a frame as it is, for malformed and binary ones. */
  sendRaw(data: string | Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(data);
  }

  /** Asks the client to leave, and ends the connection if it does not. */
  disconnect(reason: SlackDisconnectReason, options: SlackDisconnectOptions = {}): void {
    this.routed = options.keepsRouting ?? false;
    this.send({ type: "disconnect", reason, debug_info: { host: "applink-simulated" } });
    // The ws package answers a close frame by calling its own `close`; without it the handshake stays open.
    if (options.closesTcp === false) Object.assign(this.#socket, { close: () => undefined });
    this.#closing = this.#clock.setTimer(options.closeAfterMs ?? 10_000, () => {
      if (options.closesTcp !== false) this.#socket.close(1000);
    });
  }

  /** Ends TCP at once, without a closing handshake. */
  kill(): void {
    this.routed = false;
    this.#tcp.destroy();
    this.#socket.terminate();
  }

  #ping(everyMs: number): void {
    this.#pings = this.#clock.setTimer(everyMs, () => {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#ping(everyMs);
    });
  }
}
