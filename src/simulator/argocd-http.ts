import type { IncomingMessage, ServerResponse } from "node:http";

import { ApiError } from "./argocd-api-error.ts";
import type { Caller } from "./argocd-accounts.ts";
import { ARGOCD_PAGE, ARGOCD_PAGE_POLICY, isPagePath } from "./argocd-page.ts";
import type { HttpFault, HttpFaults } from "./argocd-faults.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { parseJson } from "./argocd-request-body.ts";
import type { Route, Router } from "./argocd-router.ts";
import type { Watches } from "./argocd-watch.ts";

export interface ApiHandlerDeps {
  readonly instance: ArgocdInstance;
  readonly router: Router;
  readonly watches: Watches;
  readonly faults: HttpFaults;
}

interface Answer {
  readonly status: number;
  /** Sent as JSON, or as plain text. */
  readonly body: object | string;
}

const NOT_FOUND: Answer = { status: 404, body: "Not Found\n" };
const TREE_STREAM = /^\/api\/v1\/stream\/applications\/([^/]+)\/resource-tree$/u;

/** Speaks HTTP for the API: content types, tokens, routes, streams, refusals and faults. */
export class ApiHandler {
  readonly #deps: ApiHandlerDeps;

  constructor(deps: ApiHandlerDeps) {
    this.#deps = deps;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://simulator");
    const fault = this.#deps.faults.take(`${request.method} ${url.pathname}${url.search}`);
    if (fault !== undefined && (await this.#spoiled(fault, response))) return;
    if (request.method === "GET" && isPagePath(url.pathname)) return sendPage(response);
    if (url.pathname.startsWith("/api/v1/stream/")) return this.#stream(url, request, response);
    const answer = await this.#answer(url, request);
    send(response, answer, fault);
  }

  /** What happens instead of the request, or before it. */
  async #spoiled(fault: HttpFault, response: ServerResponse): Promise<boolean> {
    if (fault.kind === "slow") {
      await new Promise<void>((resolve) => void this.#deps.instance.pace.afterUnscaled(fault.delayMs, resolve));
      return false;
    }
    if (fault.kind === "reset-before") response.socket?.resetAndDestroy();
    if (fault.kind === "status") {
      const { status, code, message } = fault;
      send(response, { status, body: { error: message, code, message } });
    }
    if (fault.kind === "html") {
      response.writeHead(fault.status, { "content-type": "text/html" });
      response.end(`<html><head><title>${fault.status}</title></head><body><h1>${fault.status}</h1></body></html>\n`);
    }
    return fault.kind !== "truncated" && fault.kind !== "reset-after";
  }

  async #answer(url: URL, request: IncomingMessage): Promise<Answer> {
    const { pathname } = url;
    if (pathname === "/healthz") return { status: 200, body: "ok\n" };
    if (!pathname.startsWith("/api/")) return { status: 404, body: "404 page not found\n" };
    const method = request.method ?? "GET";
    // The whole header has to be equal: even a charset behind it is refused.
    if (method !== "GET" && request.headers["content-type"]?.toLowerCase() !== "application/json")
      return { status: 415, body: "Invalid content type\n" };
    const match = this.#deps.router.match(method, pathname);
    if (match.kind === "unknown") return NOT_FOUND;
    if (match.kind === "wrong-method") return { status: 405, body: "Method Not Allowed\n" };
    try {
      const body = parseJson(await text(request));
      const caller = this.#caller(match.route, request.headers.authorization);
      const answer = await match.route.handle({ params: match.params, query: url.searchParams, body, caller });
      return { status: 200, body: answer };
    } catch (error) {
      if (error instanceof ApiError) return { status: error.status, body: error.body };
      throw error;
    }
  }

  #caller(route: Route, authorization: string | undefined): Caller {
    const { accounts } = this.#deps.instance;
    if (route.open !== true) return accounts.identify(authorization);
    return accounts.tryIdentify(authorization) ?? { issuedAt: "", may: () => false };
  }

  #stream(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const isEventStream = request.headers.accept === "text/event-stream";
    const { watches, instance } = this.#deps;
    const tree = TREE_STREAM.exec(url.pathname);
    if (tree === null && url.pathname !== "/api/v1/stream/applications") return send(response, NOT_FOUND);
    try {
      const caller = instance.accounts.identify(request.headers.authorization);
      const watch = { caller, query: url.searchParams, isEventStream, response };
      if (tree === null) watches.watchApplications(watch);
      else watches.watchTree(decodeURIComponent(tree[1] ?? ""), watch);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      send(response, { status: error.status, body: error.streamBody });
    }
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) body += chunk;
  return body;
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": ARGOCD_PAGE_POLICY,
  });
  response.end(ARGOCD_PAGE);
}

function send(response: ServerResponse, { status, body }: Answer, fault?: HttpFault): void {
  if (fault?.kind === "reset-after") {
    response.socket?.resetAndDestroy();
    return;
  }
  const isText = typeof body === "string";
  const content = isText ? body : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    "content-length": Buffer.byteLength(content),
    ...(isText || status !== 200 ? {} : { "grpc-metadata-content-type": "application/grpc" }),
  });
  if (fault?.kind !== "truncated") {
    response.end(content);
    return;
  }
  response.write(content.slice(0, Math.floor(content.length / 2)), () => response.socket?.destroy());
}
