import type { App } from "@slack/bolt";

import type { SlackReceiver } from "../../../src/slack/slack-receiver.ts";
import type { Inbox, SlackDeliveries } from "./slack-deliveries.ts";

/** The way into one process of the application: hands Bolt what Slack delivers, as long as the process lives. */
export class SimReceiver implements SlackReceiver, Inbox {
  readonly #deliveries: SlackDeliveries;
  #app: App | undefined;
  #isOpen = false;
  #isDead = false;

  constructor(deliveries: SlackDeliveries) {
    this.#deliveries = deliveries;
  }

  get connected(): number {
    return this.#isOpen ? 1 : 0;
  }

  init(app: App): void {
    this.#app = app;
  }

  start(): Promise<void> {
    if (!this.#isDead) {
      this.#isOpen = true;
      this.#deliveries.open(this);
    }
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#isOpen = false;
    this.#deliveries.close(this);
    return Promise.resolve();
  }

  /** The process is gone: nothing gets in any more, and what is still said in it reaches nobody. */
  kill(): void {
    this.#isDead = true;
    void this.stop();
  }

  receive(...[body, { ack, onCrash, retryNum }]: Parameters<Inbox["receive"]>): void {
    const app = this.#app;
    if (app === undefined) throw new Error("the receiver was started before its app");
    let isAcknowledged = false;
    const acknowledge = (response?: unknown): Promise<void> => {
      if (this.#isDead) return new Promise(() => undefined);
      if (isAcknowledged) return Promise.reject(new Error("acknowledged twice"));
      isAcknowledged = true;
      return ack(response);
    };
    const retry = retryNum === undefined ? {} : { retryNum, retryReason: "http_timeout" };
    app.processEvent({ body: { ...body }, ack: acknowledge, ...retry }).catch((error: unknown) => {
      if (!this.#isDead) onCrash(error);
    });
  }
}
