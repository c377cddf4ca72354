import type { ServerResponse } from "node:http";

import type { Timer } from "../platform/clock.ts";
import { filteredFrame } from "./argocd-fields.ts";
import { TIMINGS } from "./argocd-timings.ts";
import type { Pace } from "./cluster-pace.ts";

export interface StreamOptions {
  readonly pace: Pace;
  readonly response: ServerResponse;
  /** Whether the request's Accept was exactly `text/event-stream`. */
  readonly isEventStream: boolean;
  /** The `fields` of the query; empty for everything. */
  readonly fields: string;
}

// Argo CD keeps 1000 events for each watcher; a watcher that reads too slowly loses the rest without being told.
const BUFFERED_FRAMES = 1000;

/** One open stream: frames in one of the two wire formats, comments to keep it alive, and the ways in which it can go wrong. */
export class FrameStream {
  readonly #options: StreamOptions;
  readonly #lastByName = new Map<string, string>();
  #keepAlive: Timer | undefined;
  #isSilent = false;
  #buffered = 0;
  #toDrop = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    options.response.on("close", () => this.#keepAlive?.cancel());
  }

  get isOpen(): boolean {
    return !this.#options.response.destroyed && !this.#options.response.writableEnded;
  }

  /** Sends a frame, unless it equals the last one sent under the same name. The headers go out with the first. */
  send(frame: object, name = ""): void {
    const { response, fields } = this.#options;
    const text = JSON.stringify(fields === "" ? frame : filteredFrame(frame, fields));
    if (!this.isOpen || this.#isSilent || this.#lastByName.get(name) === text) return;
    if (this.#toDrop > 0 || this.#buffered >= BUFFERED_FRAMES) {
      this.#toDrop = Math.max(0, this.#toDrop - 1);
      return;
    }
    if (name !== "") this.#lastByName.set(name, text);
    this.#open();
    this.#buffered += 1;
    response.write(this.#framed(text), () => (this.#buffered -= 1));
  }

  /** Loses the next `count` frames, as a watcher does between its list and its subscription. */
  drop(count: number): void {
    this.#toDrop += count;
  }

  /** From now on nothing comes any more, not even comments, though the connection stays. */
  silence(): void {
    this.#isSilent = true;
    this.#keepAlive?.cancel();
  }

  /** Ends in the middle of a frame. */
  cut(): void {
    this.#open();
    const half = '{"result":{"type":"MODIFIED","application":{"metadata":{"name":"';
    const { response, isEventStream } = this.#options;
    response.write(isEventStream ? `data: ${half}` : half, () => response.destroy());
  }

  /** Ends as a restart of the server ends it. */
  end(): void {
    this.#options.response.end();
  }

  /** Sends an error as the last frame, which has no line end, and closes. */
  fail(error: object): void {
    this.#open();
    const text = JSON.stringify(error);
    this.#options.response.end(this.#options.isEventStream ? `data: ${text}` : text);
  }

  #framed(text: string): string {
    return this.#options.isEventStream ? `data: ${text} \n\n\n` : `${text}\n`;
  }

  #open(): void {
    const { response, isEventStream, pace } = this.#options;
    if (response.headersSent) return;
    const type = isEventStream ? "text/event-stream" : "application/json";
    response.writeHead(200, { "content-type": type, "grpc-metadata-content-type": "application/grpc" });
    if (!isEventStream) return;
    const comment = (): void => {
      if (!this.isOpen || this.#isSilent) return;
      response.write(":\n");
      this.#keepAlive = pace.afterUnscaled(TIMINGS.keepAlive, comment);
    };
    this.#keepAlive = pace.afterUnscaled(TIMINGS.keepAlive, comment);
  }
}
