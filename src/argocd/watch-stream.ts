import { type Backoff, backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { Application } from "./application.ts";
import { listQuery, type ListFilter } from "./application-request.ts";
import { ArgocdError } from "./argocd-errors.ts";
import type { ArgocdHttp } from "./argocd-http.ts";
import { tryErrorBody } from "./classify-response.ts";
import { EventStreamParser } from "./event-stream-parser.ts";
import { WatchFrames } from "./watch-frames.ts";

/** What a stream hands on; called one after the other, and has to be quick. */
export interface WatchListener {
  /** The first byte of a new connection; a replay of every visible application follows. */
  opened(): void;
  /** Returns the copy that is kept, which says the same. */
  frame(type: string, application: Application): Application;
  /** A frame came that could not be read: something may have been missed. */
  unreadable(): void;
  closed(): void;
}

/** State of a stream. */
export interface StreamHealth {
  readonly connected: boolean;
  /** How many there have been, this one included. */
  readonly connections: number;
}

export interface WatchStreamDeps {
  readonly http: Pick<ArgocdHttp, "stream">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly filter: ListFilter;
  readonly listener: WatchListener;
}

// A keepalive comes every 15 s.
const LONGEST_SILENCE_MS = 45_000;
// Before the first frame there is not even a header, so a lost connection and an empty server look the same.
const LONGEST_START_MS = 300_000;
const RECONNECT: Backoff = { firstMs: 1000, factor: 2, longestMs: 30_000 };
// A token does not become valid by asking often.
const REFUSED_MS = 300_000;
const REFUSED = new Set(["auth", "rbac", "hidden", "route", "tls", "redirect"]);

/**
 * The one watch of an Argo CD server: every change of every visible application, for as long as the object lives.
 * It reconnects by itself after errors, ends and silence. Frames may be lost in between and at the connect itself
 * (Argo CD lists first and subscribes after), so whoever listens has to compare with a list now and then.
 */
export class WatchStream {
  readonly #deps: WatchStreamDeps;
  readonly #stop = new AbortController();
  readonly #frames: WatchFrames;
  #running: Promise<void> = Promise.resolve();
  #connected = false;
  #lastByteMonotonic = 0;
  #connections = 0;

  constructor(deps: WatchStreamDeps) {
    this.#deps = deps;
    this.#frames = new WatchFrames((type, application) => deps.listener.frame(type, application));
  }

  /** Begins watching; to be called once. */
  start(): void {
    this.#running = this.#watch();
  }

  health(): StreamHealth {
    return { connected: this.#connected, connections: this.#connections };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    const { clock, random } = this.#deps;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      const before = this.#connections;
      const refused = await this.#connectOnce();
      failures = this.#connections > before ? 1 : failures + 1;
      const delayMs = refused ? REFUSED_MS : backoffMs(RECONNECT, failures + 1);
      // Aborting is the only way in which this fails, and the loop looks for that.
      await clock.sleep(withJitter(delayMs, random.fraction()), signal).catch(() => undefined);
    }
  }

  // Resolves when the connection is over, however that came; true when trying again soon would be of no use.
  async #connectOnce(): Promise<boolean> {
    const connection = new AbortController();
    const silence = this.#watchSilence(connection);
    try {
      const signal = AbortSignal.any([this.#stop.signal, connection.signal]);
      const body = await this.#deps.http.stream({ what: "watch of the applications", path: this.#path(), signal });
      await this.#read(body);
      this.#ended(new AppError("The watch ended.", { code: "argocd.stream-ended", retry: "backoff" }));
      return false;
    } catch (error) {
      const silent = connection.signal.aborted && !this.#stop.signal.aborted;
      this.#ended(silent ? connection.signal.reason : error);
      return error instanceof ArgocdError && REFUSED.has(error.class);
    } finally {
      silence.cancel();
    }
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const parser = new EventStreamParser();
    for await (const chunk of body) {
      this.#noteByte();
      for (const data of parser.push(Buffer.from(chunk))) this.#take(data);
    }
    for (const data of parser.end()) this.#take(data);
  }

  #take(data: string): void {
    const frame = this.#frames.read(data);
    if (frame.kind === "taken") return;
    const error = tryErrorBody(data);
    if (error !== undefined) {
      throw new ArgocdError(`The watch broke off: ${error.said}`, {
        class: error.code === 16 ? "auth" : "transient",
        retry: "backoff",
      });
    }
    this.#deps.logger.warn("a frame of the Argo CD watch does not fit", { place: frame.place });
    this.#deps.listener.unreadable();
  }

  #noteByte(): void {
    const { clock, listener } = this.#deps;
    this.#lastByteMonotonic = clock.monotonic();
    if (this.#connected) return;
    this.#connected = true;
    this.#connections += 1;
    listener.opened();
  }

  #ended(reason: unknown): void {
    const { listener, logger } = this.#deps;
    const wasConnected = this.#connected;
    this.#connected = false;
    if (this.#stop.signal.aborted) return;
    logger.warn("the Argo CD watch is down", { code: errorCode(reason), reason: errorText(reason) });
    if (wasConnected) listener.closed();
  }

  // One timer that looks how long ago the last byte was, instead of one per byte.
  #watchSilence(connection: AbortController): Timer {
    const { clock } = this.#deps;
    const begunMonotonic = clock.monotonic();
    let timer: Timer;
    const check = (): void => {
      const heard = this.#connected;
      const silentMs = clock.monotonic() - (heard ? this.#lastByteMonotonic : begunMonotonic);
      const limitMs = heard ? LONGEST_SILENCE_MS : LONGEST_START_MS;
      if (silentMs >= limitMs) {
        connection.abort(
          new AppError(`Nothing came from the watch for ${limitMs / 1000} s.`, {
            code: "argocd.stream-silent",
            retry: "backoff",
          }),
        );
        return;
      }
      timer = clock.setTimer(Math.min(limitMs - silentMs, LONGEST_SILENCE_MS), check);
    };
    timer = clock.setTimer(LONGEST_SILENCE_MS, check);
    return { cancel: () => timer.cancel() };
  }

  #path(): string {
    return `/api/v1/stream/applications?${listQuery(this.#deps.filter, WATCH_FIELDS)}`;
  }
}

// Without `error` an error frame would arrive as an empty object. Annotations are left out: most of a copy would be the last applied manifest.
const WATCH_FIELDS = [
  "error",
  "result.type",
  ...["name", "namespace", "uid", "resourceVersion", "labels", "deletionTimestamp", "ownerReferences"].map(
    (field) => `result.application.metadata.${field}`,
  ),
  "result.application.spec",
  "result.application.operation",
  ...[
    "sync.status",
    "sync.revision",
    "sync.revisions",
    "health",
    "operationState",
    "history",
    "resources",
    "conditions",
    "reconciledAt",
  ].map((field) => `result.application.status.${field}`),
].join(",");
