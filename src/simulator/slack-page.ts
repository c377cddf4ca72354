import { readFile } from "node:fs/promises";
import { request as httpRequest, type ServerResponse } from "node:http";
import { extname } from "node:path";

import { reply, replyJson, type SlackExchange } from "./slack-http.ts";
import { pageState } from "./slack-page-state.ts";
import type { SlackSocketMode } from "./slack-socket-mode.ts";
import type { SlackWorld } from "./slack-world.ts";

const FOLDER = new URL("page/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

// Nothing that an app posts may run or load a script; pictures of messages may come from anywhere.
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src * data:";

/** The page in the browser: its files, the state that it shows, a stream of changes, and a way to the simulated Argo CD. */
export class SlackPage {
  readonly #world: SlackWorld;
  readonly #socket: SlackSocketMode;
  readonly #argoUrl: string | undefined;
  readonly #streams = new Set<ServerResponse>();
  readonly #unsubscribe: () => void;

  constructor(deps: {
    readonly world: SlackWorld;
    readonly socket: SlackSocketMode;
    /** The address whose `state` and `events` the panel shows; without it there is no panel. */
    readonly argoUrl?: string | undefined;
  }) {
    this.#world = deps.world;
    this.#socket = deps.socket;
    this.#argoUrl = deps.argoUrl?.replace(/\/+$/u, "");
    this.#unsubscribe = deps.world.changes.subscribe((change) => {
      for (const stream of this.#streams) stream.write(`data: ${JSON.stringify(change)}\n\n`);
    });
  }

  /** Answers the request; false when it is not for the page. */
  async handle(exchange: SlackExchange): Promise<boolean> {
    const { pathname } = exchange.url;
    const [, root = "", name = ""] = pathname.split("/");
    if (root === "_page") return this.#live(name, exchange);
    if (root === "_argocd") return this.#argo(name, exchange);
    if (root === "files") return this.#file(name, exchange.response);
    return exchange.request.method === "GET" && this.#asset(pathname, exchange.response);
  }

  stop(): void {
    this.#unsubscribe();
    for (const stream of this.#streams) stream.end();
  }

  #live(name: string, { response, url }: SlackExchange): boolean {
    if (name === "state") {
      const [user = "", channel = "", thread = ""] = ["user", "channel", "thread"].map(
        (key) => url.searchParams.get(key) ?? "",
      );
      const connections = this.#socket.connections.filter((connection) => connection.routed).length;
      replyJson(response, {
        ...pageState({ user, channel, thread }, this.#world),
        connections,
        now: this.#world.clock.now(),
        hasArgo: this.#argoUrl !== undefined,
      });
      return true;
    }
    if (name !== "events") return false;
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": open\n\n");
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    return true;
  }

  /** Hands `state` and `events` of the simulated Argo CD on, so that the page needs one address only. */
  #argo(name: string, { response }: SlackExchange): boolean {
    if (this.#argoUrl === undefined || (name !== "state" && name !== "events")) return false;
    const upstream = httpRequest(`${this.#argoUrl}/${name}`, (answer) => {
      const type = answer.headers["content-type"] ?? "application/json";
      response.writeHead(answer.statusCode ?? 502, { "Content-Type": type, "Cache-Control": "no-store" });
      answer.pipe(response);
    });
    upstream.on("error", () => {
      if (response.headersSent) response.end();
      else replyJson(response, { error: "the simulated Argo CD does not answer" }, 502);
    });
    response.on("close", () => upstream.destroy());
    upstream.end();
    return true;
  }

  #file(id: string, response: ServerResponse): boolean {
    const content = this.#world.files.file(id)?.content;
    if (content === undefined) return false;
    reply(response, { status: 200, headers: { "Content-Security-Policy": "sandbox" }, body: content });
    return true;
  }

  async #asset(pathname: string, response: ServerResponse): Promise<boolean> {
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const type = TYPES[extname(name)];
    if (type === undefined || !/^[a-z-]+\.[a-z]+$/u.test(name)) return false;
    const body = await readFile(new URL(name, FOLDER)).catch(() => undefined);
    if (body === undefined) return false;
    const headers = {
      "Content-Security-Policy": POLICY,
      "Cache-Control": "no-cache",
      "Referrer-Policy": "no-referrer",
    };
    reply(response, { status: 200, type, headers, body });
    return true;
  }
}
