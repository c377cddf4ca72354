import { SlackApiError } from "./slack-api-error.ts";
import type { SlackFault } from "./slack-faults.ts";
import { readArguments, reply, type SlackExchange } from "./slack-http.ts";
import type { JsonObject } from "./slack-messages.ts";
import { applyResponse } from "./slack-response.ts";
import { firstPart } from "./slack-multipart.ts";
import { rateLimited, type SlackApiAnswer, type SlackWebApi } from "./slack-web-api.ts";
import type { SlackWorld } from "./slack-world.ts";

interface Call {
  /** As faults and the journal know it. */
  readonly method: string;
  readonly args: JsonObject;
  /** Takes effect, and says what would be answered. */
  readonly perform: () => SlackApiAnswer;
}

const HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";

/** What the app calls over HTTP: the Web API, response URLs and uploads, with the faults that befall them. */
export class SlackApiRoutes {
  readonly #world: SlackWorld;
  readonly #api: SlackWebApi;

  constructor(deps: { readonly world: SlackWorld; readonly api: SlackWebApi }) {
    this.#world = deps.world;
    this.#api = deps.api;
  }

  /** Answers the request; false when the path is none of these. */
  async handle(exchange: SlackExchange): Promise<boolean> {
    const call = this.#callOf(exchange);
    if (call === undefined) return false;
    const channel = call.args["channel"] ?? call.args["channel_id"];
    const fault = this.#world.faults.take(call.method, typeof channel === "string" ? channel : undefined);
    const end = this.#world.journal.startCall(call.method, call.args);
    const note = fault === undefined ? {} : { fault: fault.kind };
    if (fault?.kind === "delay") await this.#world.clock.sleep(fault.delayMs);
    if (fault === undefined || fault.kind === "delay") {
      const answer = call.perform();
      end({ status: answer.status, answer: answer.body, ...note });
      send(exchange, answer);
    } else {
      end({ ...this.#misbehave(exchange, call, fault), ...note });
    }
    return true;
  }

  #callOf(exchange: SlackExchange): Call | undefined {
    const [, root, key = ""] = exchange.url.pathname.split("/");
    if (root === "api") return this.#apiCall(exchange, key);
    if (root === "response") {
      const args = readArguments(exchange);
      return { method: "response_url", args, perform: () => this.#respond(key, args) };
    }
    if (root !== "upload") return undefined;
    return { method: "upload", args: { bytes: exchange.body.length }, perform: () => this.#upload(key, exchange) };
  }

  #apiCall(exchange: SlackExchange, method: string): Call {
    const { token: inBody, ...args } = readArguments(exchange);
    const inHeader = /^Bearer (.+)$/u.exec(exchange.request.headers.authorization ?? "")?.[1];
    const token = inHeader ?? (typeof inBody === "string" ? inBody : undefined);
    return { method, args, perform: () => this.#api.call({ method, token, args }) };
  }

  #respond(key: string, args: JsonObject): SlackApiAnswer {
    const use = this.#world.responseUrls.use(key);
    if (use.status !== "usable") return { status: 404, headers: {}, body: { ok: false, error: `${use.status}_url` } };
    try {
      applyResponse(use.target, args, this.#world);
      return { status: 200, headers: {}, body: { ok: true } };
    } catch (thrown) {
      if (!(thrown instanceof SlackApiError)) throw thrown;
      return { status: 200, headers: {}, body: { ok: false, error: thrown.error } };
    }
  }

  #upload(ticket: string, exchange: SlackExchange): SlackApiAnswer {
    const content = firstPart(exchange.body, exchange.request.headers["content-type"]);
    const taken = this.#world.files.receive(ticket, content);
    return { status: taken ? 200 : 404, headers: {}, body: taken ? { ok: true } : { ok: false } };
  }

  /** Answers what the journal keeps: no status where there was no answer, 0 where the connection was reset. */
  #misbehave(
    exchange: SlackExchange,
    call: Call,
    fault: Exclude<SlackFault, { kind: "delay" }>,
  ): { readonly status?: number; readonly answer?: JsonObject } {
    switch (fault.kind) {
      case "rate-limited":
        return sent(exchange, rateLimited(fault.retryAfterSeconds));
      case "error":
        return sent(exchange, { status: 200, headers: {}, body: { ok: false, error: fault.error } });
      case "status":
        reply(exchange.response, { status: fault.status, body: fault.body ?? "upstream error" });
        return { status: fault.status };
      case "html":
        reply(exchange.response, { status: 200, type: "text/html", body: HTML });
        return { status: 200 };
      case "silence":
        return fault.when === "after" ? { answer: call.perform().body } : {};
      case "reset": {
        const effect = fault.when === "after" ? { answer: call.perform().body } : {};
        exchange.request.socket.resetAndDestroy();
        return { status: 0, ...effect };
      }
      case "cut":
        return cut(exchange, call.perform());
      case "late":
        this.#world.clock.setTimer(fault.byMs, () => void call.perform());
        exchange.request.socket.resetAndDestroy();
        return { status: 0 };
    }
  }
}

function send(exchange: SlackExchange, { status, headers, body }: SlackApiAnswer): void {
  // A response URL answers its success in plain text.
  const plain = exchange.url.pathname.startsWith("/response/") && body["ok"] === true;
  const type = plain ? "text/plain" : "application/json";
  reply(exchange.response, { status, headers, type, body: plain ? "ok" : JSON.stringify(body) });
}

function sent(
  exchange: SlackExchange,
  answer: SlackApiAnswer,
): { readonly status: number; readonly answer: JsonObject } {
  send(exchange, answer);
  return { status: answer.status, answer: answer.body };
}

/** Announces the whole answer and sends half of it. */
function cut(
  exchange: SlackExchange,
  { status, body }: SlackApiAnswer,
): { readonly status: number; readonly answer: JsonObject } {
  const text = JSON.stringify(body);
  exchange.response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  exchange.response.write(text.slice(0, text.length / 2), () => exchange.request.socket.destroy());
  return { status, answer: body };
}
