import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { silentLogger } from "../../src/platform/logger.ts";
import { FormTurns } from "../../src/slack/form-turns.ts";
import { HttpReceiver, SLACK_PATH } from "../../src/slack/http-receiver.ts";
import { SlackApp } from "../../src/slack/slack-app.ts";
import { gateSlot } from "../../src/slack/slot-ids.ts";
import type { IntakeRig } from "../support/intake-rig.ts";
import { lookups } from "../unit/slack/sample-run.ts";

export const SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5";

/** A request as Slack, or somebody else, sends it. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Slack's way in over HTTP as it is wired in the server, without the socket: signature, replay guard, Bolt, listeners, intake. */
export class SlackDoors implements AsyncDisposable {
  readonly #receiver: HttpReceiver;
  readonly #app: SlackApp;

  constructor(rig: IntakeRig) {
    const { clock } = rig;
    this.#receiver = new HttpReceiver({ signingSecret: SIGNING_SECRET, clock, logger: silentLogger });
    this.#app = new SlackApp({
      receiver: this.#receiver,
      botToken: "xoxb-proof",
      apiUrl: "http://127.0.0.1:9/",
      home: { opened: () => Promise.resolve() },
      frontDoor: rig.intake,
      answers: { hold: () => undefined, send: () => Promise.resolve(true) },
      gateway: {
        openView: () => Promise.resolve({ status: "done" }),
        updateView: () => Promise.resolve({ status: "done", hash: "" }),
      },
      forms: new FormTurns(),
      // The message of every request is the one that is kept up to date.
      slots: {
        slot: () => undefined,
        slotByMessage: (team, channel, ts) => {
          const [run = "", ...path] = ts.split(":");
          const nothing = { threadTs: undefined, sentHash: undefined, postingSince: undefined, lostReason: undefined };
          return { slot: gateSlot(run, path.join(":"), 0), team, channel, ts, ...nothing };
        },
      },
      lookups,
      clock,
      logger: silentLogger,
      ownTeam: () => "T1",
    });
  }

  async start(): Promise<this> {
    await this.#app.start();
    return this;
  }

  /** Delivers it, and resolves with the status of the answer. */
  async deliver({ headers, body }: SignedRequest): Promise<number> {
    const { route } = this.#receiver;
    const head = { method: "POST", path: SLACK_PATH, query: "", headers };
    const refused = route.admit?.(head);
    if (refused !== undefined) return refused.status;
    const answer = await route.answer({ ...head, body });
    return answer.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app[Symbol.asyncDispose]();
  }
}

/** Signs a body as Slack does, at a moment. */
export function signed(
  body: string,
  {
    atMs,
    secret = SIGNING_SECRET,
    retry,
  }: { readonly atMs: number; readonly secret?: string; readonly retry?: number },
): SignedRequest {
  const timestamp = String(Math.floor(atMs / 1000));
  const signature = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
  return {
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${signature}`,
      ...(retry !== undefined && { "x-slack-retry-num": String(retry) }),
    },
    body: Buffer.from(body),
  };
}
