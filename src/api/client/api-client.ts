import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

import { AppError, errorText } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import { ErrorBody } from "../api-answer.ts";
import { type ServerEvent, serverEvents } from "./server-events.ts";

export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

export interface ApiRequest {
  /** From `/api/` on. */
  readonly path: string;
  /** Sent as JSON with POST; asked for with GET where it is absent. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}

/** The server does not do what was asked; `details.suggestions` can be asked instead. */
export const REFUSED = "api.refused";
/** Nobody answers, or somebody else than a server that is ready. */
export const UNREACHABLE = "api.unreachable";

// The server answers within ten seconds what it knows by then; Git may take longer where it is asked about.
const ANSWER_WITHIN_MS = 40_000;
// It says something every 15 seconds.
const SILENT_FOR_MS = 45_000;
const LONGEST_BODY = 16 * 1024 * 1024;

/** Asks a server's API. Follows nobody elsewhere: the token is for this server alone. */
export class ApiClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws `api.refused` for what the server refuses, and `api.unreachable` (retry `backoff`) where no server that is ready answers. */
  async ask(request: ApiRequest): Promise<ApiReply> {
    const response = await this.#send(request, ANSWER_WITHIN_MS);
    const { statusCode: status = 0 } = response;
    const body = tryJson(await this.#textOf(response));
    const problem = ErrorBody.safeParse(body).data?.error;
    // Only a server of ours answers in JSON: everything else is a proxy before it, or one that is just starting.
    if (status === 503 || (problem === undefined && (status >= 300 || body === undefined))) {
      throw this.#unreachable(problem?.message ?? `it answers ${status}`);
    }
    if (problem === undefined) return { status, body };
    const { code, message, suggestions = [] } = problem;
    throw new AppError(message, { code: REFUSED, details: { status, code, suggestions } });
  }

  /** What is told of a run after that event; ends as the server ends it. Throws as `ask`; nothing is told where there is nothing more. */
  async *events({
    run,
    after,
    signal,
  }: {
    readonly run: string;
    readonly after: number;
    readonly signal: AbortSignal;
  }): AsyncGenerator<ServerEvent> {
    const headers = { accept: "text/event-stream", "last-event-id": String(after) };
    const path = `/api/runs/${encodeURIComponent(run)}/events`;
    const response = await this.#send({ path, headers, signal }, SILENT_FOR_MS);
    if (response.statusCode === 204) return void response.resume();
    if (response.statusCode !== 200) {
      response.resume();
      // Asked once more, it says why in a way that can be read.
      await this.ask({ path: `/api/runs/${encodeURIComponent(run)}`, signal });
      throw this.#unreachable(`it answers ${response.statusCode}`);
    }
    try {
      yield* serverEvents(response);
    } catch (error) {
      throw signal.aborted ? error : this.#unreachable(errorText(error), error);
    }
  }

  #send({ path, body, headers, signal }: ApiRequest, silentForMs: number): Promise<IncomingMessage> {
    const { url, token } = this.#connection;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const open = url.startsWith("https:") ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = open(`${url}${path}`, {
        method: content === undefined ? "GET" : "POST",
        agent: false,
        signal,
        timeout: silentForMs,
        headers: {
          authorization: `Bearer ${token}`,
          ...(content !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(content),
          }),
          ...headers,
        },
      });
      request.on("timeout", () => request.destroy(new Error(`it says nothing for ${silentForMs / 1000} seconds`)));
      request.on("error", (error) =>
        reject(signal?.aborted === true ? error : this.#unreachable(errorText(error), error)),
      );
      request.on("response", resolve);
      request.end(content);
    });
  }

  async #textOf(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of response) {
        const bytes = Buffer.from(piece);
        length += bytes.length;
        if (length > LONGEST_BODY) throw new Error("its answer is too long");
        pieces.push(bytes);
      }
    } catch (error) {
      throw this.#unreachable(errorText(error), error);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  #unreachable(why: string, cause?: unknown): AppError {
    const message = `No server that is ready answers at ${this.#connection.url} (${why}).`;
    return new AppError(message, { code: UNREACHABLE, retry: "backoff", cause });
  }
}
