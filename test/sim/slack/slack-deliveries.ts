import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import { isObject } from "./loose-object.ts";
import type { DeliveryKind, SlackDelivery } from "./slack-truth.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Where the application takes deliveries. */
export interface Inbox {
  receive(
    body: Readonly<Record<string, unknown>>,
    how: {
      /** Rejects when the answer cannot be sent any more. */
      readonly ack: (response?: unknown) => Promise<void>;
      readonly onCrash: (error: unknown) => void;
      readonly retryNum: number | undefined;
    },
  ): void;
}

/** What goes wrong on the way of one delivery. */
export interface DeliveryTrouble {
  /** `before`: it never arrives. `after`: it does, and the acknowledgement gets lost. */
  readonly lost?: "before" | "after";
  /** So much later than usual. */
  readonly delayMs?: number;
  /** The very same once more, after so long. */
  readonly againAfterMs?: number;
}

export interface NewDelivery {
  readonly kind: DeliveryKind;
  readonly user: string;
  readonly team: string;
  readonly channel: string;
  readonly triggerId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly click?: SlackDelivery["click"];
  readonly trouble?: DeliveryTrouble | undefined;
  /** What the person sees: an acknowledgement in time, or a failure. */
  readonly onEnd?: ((delivery: SlackDelivery) => void) | undefined;
}

export interface SlackDeliveriesDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly world: SlackWorld;
}

const ACK_WITHIN_MS = 3000;
/** Slack tries an event again at once, after a minute and after five. */
const EVENT_AGAIN_MS = [1000, 60_000, 300_000];
/** How long the way takes, in each direction. */
const WAY_MS = { least: 5, most: 150 };

/** Brings what people do to the application, and tells them when it does not answer in time, as Slack does. */
export class SlackDeliveries {
  readonly #deps: SlackDeliveriesDeps;
  readonly #open: Inbox[] = [];

  constructor(deps: SlackDeliveriesDeps) {
    this.#deps = deps;
  }

  open(inbox: Inbox): void {
    if (!this.#open.includes(inbox)) this.#open.push(inbox);
  }

  close(inbox: Inbox): void {
    const index = this.#open.indexOf(inbox);
    if (index !== -1) this.#open.splice(index, 1);
  }

  /** Sends it now, and once more when that is the trouble. */
  send(sent: NewDelivery): SlackDelivery {
    const { schedule } = this.#deps;
    const delivery = this.#begin(sent, undefined);
    const againAfterMs = sent.trouble?.againAfterMs;
    if (againAfterMs !== undefined) {
      const { trouble: _, onEnd: __, ...same } = sent;
      schedule.after(againAfterMs, () => void this.#begin(same, delivery.number));
    }
    return delivery;
  }

  #begin(sent: NewDelivery, repeats: number | undefined): SlackDelivery {
    const { schedule, dice, world } = this.#deps;
    const { kind, user, team, channel, triggerId, body, click } = sent;
    const delivery: SlackDelivery = {
      number: world.truth.deliveries.length,
      kind,
      user,
      team,
      channel,
      triggerId,
      body,
      repeats,
      click,
      sentAt: schedule.now(),
      arrivedAt: undefined,
      acknowledgedAt: undefined,
      acknowledgement: undefined,
      failure: undefined,
      crash: undefined,
    };
    world.truth.deliveries.push(delivery);
    const wayMs = dice.between(WAY_MS.least, WAY_MS.most) + (sent.trouble?.delayMs ?? 0);
    const isEvent = kind === "event";
    const late = schedule.after(ACK_WITHIN_MS, () => {
      this.#fail(delivery, sent, "operation_timeout");
      if (isEvent) this.#tryAgain(delivery, sent, 1);
    });
    const end = (): void => {
      late.cancel();
      sent.onEnd?.(delivery);
    };
    const arrive = (): void => this.#arrive(delivery, sent, { end, retryNum: undefined });
    if (sent.trouble?.lost !== "before") schedule.after(wayMs, arrive);
    return delivery;
  }

  #arrive(
    delivery: SlackDelivery,
    sent: NewDelivery,
    { end, retryNum }: { readonly end: () => void; readonly retryNum: number | undefined },
  ): void {
    const { schedule, dice } = this.#deps;
    const inbox = this.#open.length === 0 ? undefined : dice.pick(this.#open);
    if (inbox === undefined) {
      this.#fail(delivery, sent, "dispatch_failed");
      return;
    }
    delivery.arrivedAt ??= schedule.now();
    const ack = (response: unknown): Promise<void> => {
      if (sent.trouble?.lost === "after") return Promise.reject(new Error("the connection is gone"));
      const wayMs = dice.between(WAY_MS.least, WAY_MS.most);
      schedule.after(wayMs, () => this.#acknowledged(delivery, { response, end }));
      return Promise.resolve();
    };
    const onCrash = (error: unknown): void => {
      delivery.crash = String(error);
    };
    inbox.receive(delivery.body, { ack, onCrash, retryNum });
  }

  #acknowledged(
    delivery: SlackDelivery,
    { response, end }: { readonly response: unknown; readonly end: () => void },
  ): void {
    const { schedule, world } = this.#deps;
    if (delivery.acknowledgedAt !== undefined) return;
    delivery.acknowledgedAt = schedule.now();
    delivery.acknowledgement = response;
    if (delivery.kind === "event") delivery.failure = undefined;
    if (delivery.failure !== undefined) return;
    const url: unknown = delivery.body["response_url"];
    if (delivery.kind === "command" && isObject(response) && typeof url === "string") {
      world.addresses.acknowledged(url, response);
    }
    end();
  }

  /** The person is told and has to do it again. */
  #fail(delivery: SlackDelivery, sent: NewDelivery, failure: "dispatch_failed" | "operation_timeout"): void {
    if (delivery.failure !== undefined || delivery.acknowledgedAt !== undefined) return;
    delivery.failure = failure;
    sent.onEnd?.(delivery);
  }

  /** Slack sends an event that was not acknowledged up to three times more. */
  #tryAgain(delivery: SlackDelivery, sent: NewDelivery, retryNum: number): void {
    const { schedule } = this.#deps;
    const waitMs = EVENT_AGAIN_MS[retryNum - 1];
    if (waitMs === undefined || delivery.acknowledgedAt !== undefined) return;
    schedule.after(waitMs, () => {
      const end = (): void => undefined;
      this.#arrive(delivery, { ...sent, trouble: undefined }, { end, retryNum });
      schedule.after(ACK_WITHIN_MS, () => this.#tryAgain(delivery, sent, retryNum + 1));
    });
  }
}
