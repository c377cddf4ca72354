import { Pool } from "undici";

import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { ArgocdError, classifyFailure } from "./argocd-errors.ts";
import { classifyResponse } from "./classify-response.ts";
import { contentTypeOf, type HttpResponse, parseJson, readText, readUpTo } from "./http-answer.ts";

/** How to reach one Argo CD server. */
export interface ArgocdAddress {
  /** The address of the API with its path, if Argo CD runs below one: `https://argocd.example.com/argo`. */
  readonly url: string;
  /** Read for each call, so that it may be a getter. */
  readonly token: string;
  /** PEM of the certificate authority, where it is not a public one. */
  readonly ca?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
  /** The name in the server's certificate, where it differs from the address. */
  readonly serverName?: string | undefined;
}

/** The connections to one server: undici's, unless whoever wires it has others. */
export interface HttpConnections {
  request(request: {
    readonly method: HttpCall["method"];
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  }): Promise<HttpResponse>;
  destroy(): Promise<void>;
}

export interface ArgocdHttpDeps extends ArgocdAddress {
  readonly clock: Clock;
  readonly connections?: HttpConnections | undefined;
  /** False refuses whatever changes something before it leaves the process; asked before each call. */
  readonly mayWrite: () => boolean;
  readonly maxResponseBytes?: number;
  /** Hears the `Date` header of each answer. */
  readonly onDate?: (date: string) => void;
}

export interface HttpCall {
  /** What is being done, for messages: `sync of argocd/checkout-prod`. */
  readonly what: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the base, with its query: `/api/v1/applications`. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Also tells Argo CD to give up by then. */
  readonly serverDeadline?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;
// Enough of an error page to see what it is.
const MAX_ERROR_BYTES = 64 * 1024;
// Ten calls and the watch.
const CONNECTIONS = 11;

/**
 * The transport to one Argo CD server: HTTP/1.1 only (its HTTP/2 port speaks gRPC alone), no redirects, since the token must not follow one,
 * a time and a size limit on every answer. Failures come as ArgocdError.
 */
export class ArgocdHttp {
  readonly #deps: ArgocdHttpDeps;
  readonly #pool: HttpConnections;
  readonly #basePath: string;

  constructor(deps: ArgocdHttpDeps) {
    const url = parseBase(deps.url);
    this.#deps = deps;
    this.#basePath = url.pathname.replace(/\/+$/u, "");
    this.#pool = deps.connections ?? openPool(url.origin, deps);
  }

  /** The parsed JSON of a successful answer. */
  async json(call: HttpCall): Promise<unknown> {
    const deadline = this.#deadline(call);
    try {
      const response = await this.#request(call, deadline.signal);
      const { what } = call;
      const text = await readText(response, { what, limit: this.#deps.maxResponseBytes ?? MAX_RESPONSE_BYTES });
      return parseJson(text, { what, contentType: contentTypeOf(response) });
    } catch (error) {
      throw this.#explain(call, error, deadline.timedOut());
    } finally {
      deadline.cancel();
    }
  }

  /**
   * The body of a stream, open-ended. There is no time limit on the headers: Argo CD sends them with the first frame,
   * and with nothing to send that may take for ever.
   */
  async stream(call: Omit<HttpCall, "timeoutMs" | "method">): Promise<AsyncIterable<Uint8Array>> {
    try {
      const get = { ...call, method: "GET" as const, timeoutMs: 0 };
      const response = await this.#request(get, call.signal, { accept: "text/event-stream" });
      if (contentTypeOf(response).startsWith("text/event-stream")) return response.body;
      // The body may never end, and destroying it is an error event that has to have a listener.
      response.body.on("error", () => undefined).destroy();
      throw new ArgocdError(
        `${call.what}: got ${contentTypeOf(response) || "no content type"} where an event stream was expected.`,
        {
          class: "not-json",
        },
      );
    } catch (error) {
      throw this.#explain({ ...call, timeoutMs: 0 }, error, false);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #request(
    call: HttpCall,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = { accept: "application/json" },
  ): Promise<HttpResponse> {
    if (isWrite(call) && !this.#deps.mayWrite()) throw observing(call.what);
    const response = await this.#pool.request({
      method: call.method,
      path: this.#basePath + call.path,
      headers: {
        ...headers,
        "user-agent": "quarterdeck",
        authorization: `Bearer ${this.#deps.token}`,
        // Argo CD compares the whole value, so nothing such as a charset may follow; without a body it is asked for as well.
        ...(call.method === "GET" ? {} : { "content-type": "application/json" }),
        ...(call.serverDeadline === true ? { "grpc-timeout": `${Math.ceil(call.timeoutMs / 1000)}S` } : {}),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#noteDate(response);
    if (response.statusCode >= 200 && response.statusCode < 300) return response;
    const { location } = response.headers;
    throw classifyResponse({
      what: call.what,
      status: response.statusCode,
      contentType: contentTypeOf(response),
      body: (await readUpTo(response, MAX_ERROR_BYTES)).text,
      ...(typeof location === "string" ? { location } : {}),
    });
  }

  #noteDate({ headers: { date } }: HttpResponse): void {
    if (typeof date === "string") this.#deps.onDate?.(date);
  }

  #deadline(call: HttpCall): { readonly signal: AbortSignal; timedOut(): boolean; cancel(): void } {
    const controller = new AbortController();
    let timedOut = false;
    const timer = this.#deps.clock.setTimer(call.timeoutMs, () => {
      timedOut = true;
      controller.abort();
    });
    const signal = call.signal === undefined ? controller.signal : AbortSignal.any([call.signal, controller.signal]);
    return { signal, timedOut: () => timedOut, cancel: () => timer.cancel() };
  }

  #explain(call: Pick<HttpCall, "what" | "timeoutMs" | "signal">, thrown: unknown, timedOut: boolean): unknown {
    if (thrown instanceof ArgocdError) return thrown;
    if (call.signal?.aborted === true) return call.signal.reason;
    if (timedOut) {
      return new ArgocdError(`${call.what}: Argo CD did not answer within ${call.timeoutMs / 1000} s.`, {
        class: "timeout",
        retry: "backoff",
        cause: thrown,
      });
    }
    return classifyFailure(call.what, thrown);
  }
}

/** A refresh is a GET, and yet it writes an annotation. */
function isWrite({ method, path }: Pick<HttpCall, "method" | "path">): boolean {
  return method !== "GET" || new URLSearchParams(path.split("?")[1] ?? "").has("refresh");
}

function observing(what: string): ArgocdError {
  return new ArgocdError(
    `${what}: Quarterdeck only observes ("mode: observe" in its configuration), so nothing was sent to Argo CD. Try again when whoever runs it has switched that.`,
    { class: "observing" },
  );
}

function openPool(origin: string, { insecure, ca, serverName }: ArgocdHttpDeps): Pool {
  return new Pool(origin, {
    connections: CONNECTIONS,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: 10_000,
      rejectUnauthorized: insecure !== true,
      ...(ca === undefined ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
  });
}

function parseBase(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/u.test(parsed.protocol)) {
    throw new AppError(`The Argo CD url ${JSON.stringify(url)} is not an http or https address.`, {
      code: "argocd.bad-url",
    });
  }
  return parsed;
}
