import { type App, SocketModeReceiver } from "@slack/bolt";

import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { apiOptions } from "./slack-clients.ts";
import { readFrame } from "./socket-frame.ts";

export interface SocketDeps {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly app: App;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Slack asks to reconnect; the socket goes on working until it is closed. */
  readonly onLeaving: (reason: string) => void;
  /** The connection is gone, for whatever reason. */
  readonly onClosed: () => void;
}

/**
 * One connection to Slack, used once: it never reconnects by itself, because the SDK's way of doing so loses what arrives
 * meanwhile, ends for good after some errors and can take the process with it.
 */
export class Socket {
  readonly #deps: SocketDeps;
  readonly #receiver: SocketModeReceiver;
  #isClosed = false;
  #isLeaving = false;
  #connections = 0;

  constructor(deps: SocketDeps) {
    this.#deps = deps;
    this.#receiver = new SocketModeReceiver({
      appToken: deps.appToken,
      logger: sdkLogger(deps.logger),
      autoReconnectEnabled: false,
      customPropertiesExtractor: () => ({}),
      processEventErrorHandler: ({ error }) => {
        deps.logger.error("an envelope from Slack could not be processed", { error: errorText(error) });
        return Promise.resolve(false);
      },
      // An object of its own: the SDK writes into it.
      installerOptions: {
        clientOptions: {
          ...apiOptions(deps.apiUrl),
          timeout: 10_000,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
        },
      },
    });
    this.#receiver.init(deps.app);
    this.#filterFrames(this.#receiver.client);
    this.#receiver.client.on("close", () => this.#closed());
  }

  /** How many connections of this app Slack counted when this one was greeted. */
  get connections(): number {
    return this.#connections;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True once Slack has asked to reconnect. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Resolves with the greeting; rejects when there is none within `withinMs`, and then the socket is of no more use. */
  async open(withinMs: number): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = this.#deps.clock.setTimer(withinMs, () =>
      late.reject(new Error(`no greeting within ${withinMs} ms`)),
    );
    try {
      await Promise.race([this.#start(), late.promise]);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
  }

  #end(): void {
    // It never rejects for us to see: the SDK starts the closing handshake and goes its own way.
    this.#receiver.stop().catch((error: unknown) => {
      this.#deps.logger.debug("a connection to Slack did not close well", { error: errorText(error) });
    });
  }

  async #start(): Promise<void> {
    try {
      await this.#receiver.start();
    } catch (error) {
      // The SDK rejects with nothing at all when the connection closes before the greeting.
      throw error instanceof Error ? error : new Error("the connection closed before Slack's greeting");
    }
    // The SDK opens a connection also after it was told to end, when it did not have the address of it by then.
    if (this.#isClosed) this.#end();
  }

  #closed(): void {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    if (!wasClosed) this.#deps.onClosed();
  }

  /** Stands between the connection and the SDK, which closes at once when asked to leave, and dies of frames it does not expect. */
  #filterFrames(client: SocketModeReceiver["client"]): void {
    const inner = client.listeners("ws_message");
    client.removeAllListeners("ws_message");
    client.on("ws_message", (data: unknown, isBinary: unknown) => {
      const frame = readFrame(data);
      if (frame.kind === "disconnect") return this.#leaving(frame.reason);
      if (frame.kind === "drop") return this.#deps.logger.warn("a frame from Slack was dropped", { why: frame.why });
      this.#connections = frame.connections ?? this.#connections;
      for (const listener of inner) void this.#guard(listener, data, isBinary);
      return undefined;
    });
  }

  #leaving(reason: string): void {
    this.#isLeaving = true;
    this.#deps.onLeaving(reason);
  }

  async #guard(listener: (...args: unknown[]) => unknown, data: unknown, isBinary: unknown): Promise<void> {
    try {
      await listener(data, isBinary);
    } catch (error) {
      this.#deps.logger.error("a frame from Slack could not be handled", { error: errorText(error) });
    }
  }
}
