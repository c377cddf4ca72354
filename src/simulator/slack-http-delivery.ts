import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";

import { isObject } from "./slack-block-kit-rules.ts";
import type { SlackDelivery, SlackDeliveryOutcome, SlackEnvelope } from "./slack-delivery.ts";
import { tryJson } from "./slack-http.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Where the app listens, and what it checks signatures with. */
export interface SlackRequestTarget {
  readonly requestUrl: string;
  readonly signingSecret: string;
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Delivers payloads as signed HTTP requests, to apps that do not use Socket Mode. */
export class SlackHttpDelivery implements SlackDelivery {
  readonly #world: SlackWorld;
  readonly #target: SlackRequestTarget;
  readonly #acknowledgeMs: number;

  constructor(deps: {
    readonly world: SlackWorld;
    readonly target: SlackRequestTarget;
    /** Slack's limit is 3 seconds. */
    readonly acknowledgeMs: number;
  }) {
    this.#world = deps.world;
    this.#target = deps.target;
    this.#acknowledgeMs = deps.acknowledgeMs;
  }

  async deliver(envelope: SlackEnvelope): Promise<SlackDeliveryOutcome> {
    const { clock, journal, ids } = this.#world;
    const { type, payload } = envelope;
    const noted = journal.startDelivery({ envelopeId: ids.envelopeId(), type, payload, connection: "http" });
    const startedAtMs = clock.monotonic();
    const answer = await this.#post(encode(envelope), retryHeaders(envelope));
    if (answer === "timeout" || answer === "unreachable") return { status: answer };
    if (!isAcknowledged(answer)) return { status: "unreachable" };
    const said = spoken(answer);
    noted(said);
    return { status: "acknowledged", payload: said, afterMs: clock.monotonic() - startedAtMs };
  }

  /** Slack's first contact with an address: whether it gives the challenge back. */
  async verify(): Promise<boolean> {
    const challenge = this.#world.ids.hex(16);
    const body = JSON.stringify({ type: "url_verification", challenge, token: "deprecated" });
    const answer = await this.#post({ type: "application/json", body }, {});
    return typeof answer === "object" && answer.status === 200 && answer.text.includes(challenge);
  }

  #post(
    content: { readonly type: string; readonly body: string },
    more: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer | "timeout" | "unreachable"> {
    const { clock } = this.#world;
    const timestamp = String(Math.floor(clock.now() / 1000));
    const signature = createHmac("sha256", this.#target.signingSecret)
      .update(`v0:${timestamp}:${content.body}`)
      .digest("hex");
    const headers = {
      "Content-Type": content.type,
      "Content-Length": Buffer.byteLength(content.body),
      "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
      "X-Slack-Request-Timestamp": timestamp,
      "X-Slack-Signature": `v0=${signature}`,
      ...more,
    };
    return new Promise((resolve) => {
      const sent = httpRequest(this.#target.requestUrl, { method: "POST", headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      const timer = clock.setTimer(this.#acknowledgeMs, () => {
        resolve("timeout");
        sent.destroy();
      });
      sent.on("error", () => resolve("unreachable"));
      sent.on("close", () => timer.cancel());
      sent.end(content.body);
    });
  }
}

function encode({ type, payload }: SlackEnvelope): { readonly type: string; readonly body: string } {
  if (type === "events_api") return { type: "application/json", body: JSON.stringify(payload) };
  const fields = new URLSearchParams();
  if (type === "interactive") fields.set("payload", JSON.stringify(payload));
  else for (const [name, value] of Object.entries(payload)) fields.set(name, String(value));
  // A content type with a charset is not what Slack sends, and the stock app refuses it.
  return { type: "application/x-www-form-urlencoded", body: fields.toString() };
}

function retryHeaders({ retry }: SlackEnvelope): Readonly<Record<string, string>> {
  if (retry === undefined) return {};
  return { "X-Slack-Retry-Num": String(retry.attempt), "X-Slack-Retry-Reason": retry.reason };
}

/** Any other status than 200 is a failure; of events, the app may say not to try again. */
function isAcknowledged(answer: HttpAnswer): boolean {
  return answer.status === 200 || answer.headers["x-slack-no-retry"] === "1";
}

/** The body of an acknowledgement: nothing, JSON, or plain text to show. */
function spoken({ text }: HttpAnswer): unknown {
  const parsed = tryJson(text);
  if (isObject(parsed)) return parsed;
  return text === "" ? {} : { text };
}
