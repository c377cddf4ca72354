import type { App, ReceiverEvent } from "@slack/bolt";

import { type HttpAnswer, type HttpHead, type HttpRequest, type HttpRoute, jsonAnswer } from "../http/http-route.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import { ReplayGuard } from "./replay-guard.ts";
import { readPayload, requestType } from "./request-payload.ts";
import { isSigned, readSignedHead } from "./request-signature.ts";
import type { SlackReceiver } from "./slack-receiver.ts";

/** Why a request that claims to come from Slack was not believed. */
type RefusalReason = "unsigned" | "time" | "signature" | "replayed" | "type";

export interface HttpReceiverDeps {
  readonly signingSecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each request that was not believed. */
  readonly onRefused?: ((reason: RefusalReason) => void) | undefined;
}

/** Where Slack sends everything: commands, clicks, forms and events. */
export const SLACK_PATH = "/slack/events";

const MOST_BODY_BYTES = 1024 * 1024;
// Slack gives up after three seconds. Whoever has not acknowledged by then has not recorded it, and people have to be told so.
const ACK_WITHIN_MS = 2900;

const WHY: Readonly<Record<RefusalReason, string>> = {
  unsigned: "it carries no signature",
  time: "it was signed more than five minutes before or after now; is the clock of this machine right?",
  signature: "its signature is wrong; is SLACK_SIGNING_SECRET the one of this app?",
  replayed: "the same request was accepted before",
  type: "its content is of a type that Slack does not send",
};

const DONE: HttpAnswer = { status: 200 };
const UNREADABLE: HttpAnswer = { status: 400 };
const NOT_BELIEVED: HttpAnswer = { status: 401 };
const NOT_HANDLED: HttpAnswer = { status: 404 };
const NOT_TAKEN: HttpAnswer = { status: 415 };
const FAILED: HttpAnswer = { status: 500 };
const NOT_NOW: HttpAnswer = { status: 503 };

/**
 * Slack over HTTP: believes only what is signed, about now, for the first time; hands it to the app as the sockets do, and
 * answers when that acknowledges. Strangers learn nothing but that they were not believed.
 */
export class HttpReceiver implements SlackReceiver {
  readonly route: HttpRoute;
  readonly #deps: HttpReceiverDeps;
  readonly #guard: ReplayGuard;
  readonly #refusals: RefusalLog;
  #app: App | undefined;
  #isOpen = false;

  constructor(deps: HttpReceiverDeps) {
    if (deps.signingSecret === "") throw new TypeError("an empty signing secret would believe everybody");
    this.#deps = deps;
    this.#guard = new ReplayGuard(deps.clock);
    this.#refusals = new RefusalLog({
      clock: deps.clock,
      say: (fields) => deps.logger.warn("a request to /slack/events was refused", fields),
    });
    this.route = {
      method: "POST",
      path: SLACK_PATH,
      mostBodyBytes: MOST_BODY_BYTES,
      admit: (head) => this.#admit(head),
      answer: (request) => this.#answer(request),
    };
  }

  /** One while requests are taken. */
  get connected(): number {
    return this.#isOpen ? 1 : 0;
  }

  init(app: App): void {
    this.#app = app;
  }

  start(): Promise<void> {
    this.#isOpen = true;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#isOpen = false;
    return Promise.resolve();
  }

  /** Refuses before a byte of the body is read what cannot be believed whatever the body says. */
  #admit({ headers }: HttpHead): HttpAnswer | undefined {
    const { kind } = readSignedHead(headers, this.#deps.clock.now());
    if (kind !== "signed") return this.#refuse(kind, NOT_BELIEVED);
    const isPlain = headers["content-encoding"] === undefined;
    if (!isPlain || requestType(headers["content-type"]) === undefined) return this.#refuse("type", NOT_TAKEN);
    return this.#isOpen ? undefined : NOT_NOW;
  }

  #answer({ headers, body }: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    const { signingSecret, clock, logger } = this.#deps;
    const head = readSignedHead(headers, clock.now());
    const type = requestType(headers["content-type"]);
    if (head.kind !== "signed" || type === undefined) return NOT_BELIEVED;
    if (!isSigned(signingSecret, head, body)) return this.#refuse("signature", NOT_BELIEVED);
    if (!this.#guard.accept(head.signature)) return this.#refuse("replayed", NOT_BELIEVED);
    const read = readPayload(type, body);
    switch (read.kind) {
      case "challenge":
        return jsonAnswer(200, { challenge: read.challenge });
      case "check":
        return DONE;
      case "unknown":
        logger.warn("a request from Slack could not be read", { type });
        return UNREADABLE;
      case "command":
      case "interaction":
      case "event":
        return this.#handle(read.payload, Number(headers["x-slack-retry-num"]));
    }
  }

  /** Resolves with the acknowledgement, or with what Slack is told when there is none in time. */
  #handle(payload: Readonly<Record<string, unknown>>, retry: number): Promise<HttpAnswer> {
    const { clock, logger } = this.#deps;
    const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
    let isOver = false;
    const settle = (answer: HttpAnswer): void => {
      isOver = true;
      timer.cancel();
      resolve(answer);
    };
    const timer = clock.setTimer(ACK_WITHIN_MS, () => settle(NOT_NOW));
    const ack = (response?: unknown): Promise<void> => {
      if (isOver) return Promise.reject(new Error("Slack was answered already"));
      settle(acknowledgement(response));
      return Promise.resolve();
    };
    const event = { body: payload, ack, ...(Number.isInteger(retry) && { retryNum: retry }) };
    this.#process(event).then(
      () => isOver || settle(NOT_HANDLED),
      (error: unknown) => {
        logger.error("a request from Slack could not be processed", { error: errorText(error) });
        if (!isOver) settle(FAILED);
      },
    );
    return promise;
  }

  async #process(event: ReceiverEvent): Promise<void> {
    if (this.#app === undefined) throw new Error("the receiver was started before its app");
    await this.#app.processEvent(event);
  }

  #refuse(reason: RefusalReason, answer: HttpAnswer): HttpAnswer {
    this.#refusals.note(reason, { why: WHY[reason] });
    this.#deps.onRefused?.(reason);
    return answer;
  }
}

/** Slack shows the text or message of the body, and nothing for none. */
function acknowledgement(response: unknown): HttpAnswer {
  if (response === undefined || response === null || response === "") return DONE;
  return jsonAnswer(200, typeof response === "string" ? { text: response } : response);
}
