import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { forget } from "../platform/forget-bytes.ts";
import { type ListenAddress, listen } from "../platform/listen.ts";
import type { Logger } from "../platform/logger.ts";
import { type HttpAnswer, type HttpHead, type HttpRoute, type ServerRefusal, textAnswer } from "./http-route.ts";
import { announcesMore, BodyRoom, readBody } from "./read-body.ts";
import { sendStream } from "./send-stream.ts";

export interface HttpServerDeps {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Whoever is slower than this with headers or a body is cut off, and a connection that says nothing too.
const HEADERS_WITHIN_MS = 4000;
const REQUEST_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 1000;
// Longer than the minute after which load balancers drop idle connections, so that it is not us who cut one that is just used.
const IDLE_MS = 75_000;
const MOST_CONNECTIONS = 500;
const MOST_HEADER_BYTES = 8 * 1024;
const MOST_HEADERS = 100;
// What Slack sends has some kilobytes. Whether a body is to be believed is known at its end only.
const BODY_ROOM_BYTES = 8 * 1024 * 1024;
const END_WITHIN_MS = 3000;

const NO_ROUTE = textAnswer(404, "There is nothing here.");
const CLOSES = { connection: "close" };
const TOO_LONG: ServerRefusal = { status: 413, message: "The body is too long." };
const NO_ROOM: ServerRefusal = { status: 503, message: "There is too much to read at once." };
const FAILED: ServerRefusal = { status: 500, message: "Something went wrong; the log of the server says what." };

/**
 * The one HTTP server. It answers the routes that were added and nothing else, reads no body that no route asked for, keeps
 * bounded what strangers can make it keep, and says nothing about itself.
 */
export class HttpServer implements AsyncDisposable {
  readonly #deps: HttpServerDeps;
  readonly #server: Server;
  readonly #whole = new Map<string, HttpRoute>();
  readonly #beginnings: HttpRoute[] = [];
  readonly #room = new BodyRoom(BODY_ROOM_BYTES);
  readonly #stop = new AbortController();
  /** The connections on which something is to be answered. */
  readonly #busy = new WeakSet<Socket>();

  constructor(deps: HttpServerDeps) {
    this.#deps = deps;
    this.#server = createServer({
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: LOOK_EVERY_MS,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
      insecureHTTPParser: false,
      requireHostHeader: true,
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.maxHeadersCount = MOST_HEADERS;
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    this.#server.on("request", take);
    // Nothing more is sent by whoever waits for leave to send it, unless the route reads it.
    this.#server.on("checkContinue", take);
  }

  /** Begins to listen. Throws `http.listen`, saying what to do, when the address cannot be had. */
  async listen(): Promise<ListenAddress> {
    const { host, port } = this.#deps;
    try {
      return await listen(this.#server, { host, port });
    } catch (cause) {
      throw new AppError(listenProblem(host, port, cause), { code: "http.listen", cause });
    }
  }

  /** From now on the route is answered; of two with the same path the later one is. */
  add(route: HttpRoute): void {
    if (route.path.endsWith("/")) this.#beginnings.unshift(route);
    else this.#whole.set(route.path, route);
  }

  /** Takes no more connections, ends streams, lets what is under way end, and cuts off what takes long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the server stops"));
    if (!this.#server.listening) return;
    const timer = this.#deps.clock.setTimer(END_WITHIN_MS, () => this.#server.closeAllConnections());
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    timer.cancel();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#begins(request.socket, response)) return;
    // Without a listener an error of the connection would end the process.
    request.on("error", ignore);
    response.on("error", ignore);
    // Node reads on what nobody wants any more, until the connection is closed.
    response.on("finish", () => void request.on("data", forget));
    try {
      const answer = await this.#answer(request, response);
      if (answer !== undefined) await this.#send(request, response, answer);
    } catch (error) {
      this.#deps.logger.error("a request could not be answered", { path: pathOf(request), error: errorText(error) });
      await this.#send(request, response, refusal(this.#routeOf(headOf(request).path), FAILED));
    }
  }

  /**
   * False for whoever does not wait for an answer before asking again: a read of 64 KiB would be some thousand requests at once, for
   * each connection of a stranger.
   */
  #begins(socket: Socket, response: ServerResponse): boolean {
    if (this.#busy.has(socket)) {
      skipParsed(socket);
      socket.destroy();
      return false;
    }
    this.#busy.add(socket);
    response.once("close", () => this.#busy.delete(socket));
    return true;
  }

  /** Undefined when nobody is there any more to be answered. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<HttpAnswer | undefined> {
    const head = headOf(request);
    const route = this.#routeOf(head.path);
    if (route === undefined) return NO_ROUTE;
    const { method } = route;
    const isAllowed = method === "any" || head.method === method || (head.method === "HEAD" && method === "GET");
    if (!isAllowed) return refusal(route, { status: 405, message: `Only ${method}.` }, { allow: method });
    if (announcesMore(request, route.mostBodyBytes)) return refusal(route, TOO_LONG, CLOSES);
    const refused = route.admit?.(head);
    if (refused !== undefined) return refused;
    if (request.headers.expect !== undefined) response.writeContinue();
    const read = await readBody(request, route.mostBodyBytes, this.#room);
    switch (read.kind) {
      case "broken":
        return undefined;
      case "too-long":
        return refusal(route, TOO_LONG, CLOSES);
      case "no-room":
        return refusal(route, NO_ROOM, CLOSES);
      case "read":
        try {
          return await route.answer({ ...head, body: read.body });
        } finally {
          forget(read.body);
        }
    }
  }

  #routeOf(path: string): HttpRoute | undefined {
    return this.#whole.get(path) ?? this.#beginnings.find((route) => path.startsWith(route.path));
  }

  async #send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): Promise<void> {
    const { status, headers, body = "", bytes, stream } = answer;
    const content = bytes ?? body;
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.writeHead(status, {
      ...headers,
      ...(stream === undefined && { "content-length": Buffer.byteLength(content) }),
      // What is left of a body that nobody reads would be taken for the next request, or would have to be read to its end. A stream
      // may end because the server stops, which waits for connections that are kept.
      ...((!request.complete || !this.#server.listening || stream !== undefined) && { connection: "close" }),
    });
    if (request.method === "HEAD") response.end();
    else if (stream === undefined) response.end(content);
    else await sendStream(response, stream, { clock: this.#deps.clock, stop: this.#stop.signal });
  }
}

function ignore(): void {}

function refusal(
  route: HttpRoute | undefined,
  refused: ServerRefusal,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const answer = route?.refuse?.(refused) ?? textAnswer(refused.status, refused.message);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/**
 * Also of a socket that is destroyed Node parses what it has read to the end, and makes a request and a response of each: hundreds of
 * megabytes with many connections. How to end that is not documented; without it nothing but memory is lost.
 */
function skipParsed(socket: Socket): void {
  const parser: unknown = Reflect.get(socket, "parser");
  if (typeof parser === "object" && parser !== null && "onIncoming" in parser) parser.onIncoming = () => 0;
}

function headOf(request: IncomingMessage): HttpHead {
  const { method = "", url = "/", headers } = request;
  const mark = url.indexOf("?");
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    headers,
  };
}

function pathOf(request: IncomingMessage): string {
  return headOf(request).path.slice(0, 100);
}

function listenProblem(host: string, port: number, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  const place = `${host}:${port}`;
  if (code === "EADDRINUSE") {
    return `Another program listens on ${place} already. End it, or set PORT to a free port`;
  }
  if (code === "EACCES") return `This user may not listen on ${place}. Set PORT to one from 1024 up`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `${host} is no address of this machine. Set HOST to 127.0.0.1, to 0.0.0.0 for all of them, or to one that it has`;
  }
  return `The server cannot listen on ${place} (${errorText(cause)}). Set HOST and PORT to an address that is free`;
}
