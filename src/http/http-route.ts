import type { IncomingHttpHeaders } from "node:http";

/** What is known of a request before its body has been read. */
export interface HttpHead {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpRequest extends HttpHead {
  /** The bytes as they came, until there is an answer; empty for a route that takes none. */
  readonly body: Buffer;
}

/**
 * Text that goes out piece by piece, no faster than the other side takes it. It has to end when the signal is aborted: nobody
 * takes it any more, or the server stops.
 */
export type HttpStream = (signal: AbortSignal) => AsyncIterable<string>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** In the place of `body`, for what is no text. */
  readonly bytes?: Uint8Array | undefined;
  /** In the place of `body`, for what has no end yet. */
  readonly stream?: HttpStream | undefined;
}

/** What the server refuses before a route is asked, or where it has failed. */
export interface ServerRefusal {
  readonly status: 405 | 413 | 500 | 503;
  /** For people. */
  readonly message: string;
}

/** One thing that the server answers. */
export interface HttpRoute {
  /** With `any` the route says itself what it takes. */
  readonly method: "GET" | "POST" | "PUT" | "any";
  /** The whole path, or the beginning of many when it ends in a slash. */
  readonly path: string;
  /** Bodies that are longer are refused before they are read. */
  readonly mostBodyBytes: number;
  /** How it says what the server refuses in its place; in one line of text where it is absent. */
  refuse?(refused: ServerRefusal): HttpAnswer;
  /** Looks at a request before its body is read; an answer ends it there. */
  admit?(head: HttpHead): HttpAnswer | undefined;
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };

/** An answer of one line. */
export function textAnswer(status: number, text: string): HttpAnswer {
  return { status, headers: TEXT, body: `${text}\n` };
}

const JSON_TYPE = { "content-type": "application/json" };

export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify(value) };
}
