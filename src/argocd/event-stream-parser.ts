import { StringDecoder } from "node:string_decoder";

import { AppError } from "../platform/errors.ts";

const LONGEST_EVENT = 16 * 1024 * 1024;

/**
 * Cuts the bytes of a `text/event-stream` into the data of its events, however the bytes are chunked.
 * Comments (Argo CD's keepalives) give nothing. Throws AppError `argocd.event-too-long` for data beyond the limit,
 * after which the parser is of no use any more.
 */
export class EventStreamParser {
  readonly #decoder = new StringDecoder("utf8");
  readonly #longest: number;
  #line: string[] = [];
  #data: string[] = [];
  #length = 0;

  constructor(longest = LONGEST_EVENT) {
    this.#longest = longest;
  }

  /** The data of the events that these bytes complete. */
  push(bytes: Buffer): readonly string[] {
    const events: string[] = [];
    const text = this.#decoder.write(bytes);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#take(text.slice(start, end));
      this.#endLine(events);
      start = end + 1;
    }
    this.#take(text.slice(start));
    return events;
  }

  /** The data of an event that the end of the stream cut off from its empty line: Argo CD ends its last, an error, that way. */
  end(): readonly string[] {
    const events: string[] = [];
    this.#endLine(events);
    this.#endEvent(events);
    return events;
  }

  #take(piece: string): void {
    if (piece === "") return;
    this.#length += piece.length;
    if (this.#length > this.#longest) {
      throw new AppError(`An event of the watch is longer than ${this.#longest} characters.`, {
        code: "argocd.event-too-long",
        retry: "backoff",
      });
    }
    this.#line.push(piece);
  }

  #endLine(events: string[]): void {
    const line = this.#line.join("").replace(/\r$/u, "");
    this.#line = [];
    if (line === "") this.#endEvent(events);
    else if (line.startsWith("data:")) this.#data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
    // An error after the start of the stream may come as bare JSON.
    else if (line.startsWith("{")) this.#data.push(line);
    // Keepalives come for hours without an event between them.
    else if (this.#data.length === 0) this.#length = 0;
  }

  #endEvent(events: string[]): void {
    if (this.#data.length > 0) events.push(this.#data.join("\n"));
    this.#data = [];
    this.#length = 0;
  }
}
