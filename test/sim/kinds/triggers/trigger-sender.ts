import { createHmac } from "node:crypto";

import { z } from "zod";

import type { HttpRoute } from "../../../../src/http/http-route.ts";
import type { Dice } from "../../dice.ts";

export const SECRET = "the secret of the sender";

const Asked = z.object({ asked: z.array(z.string()) });

/** Something that happened at the sender, as it tells it. */
export interface ToldFact {
  /** The workflow run, which is what the fact is. */
  readonly number: number;
  readonly isGreen: boolean;
  readonly happenedAt: number;
}

/** One sending of it that may have reached the server. */
export interface Sending {
  readonly delivery: string;
  readonly fact: ToldFact;
  readonly at: number;
  /** Whether whoever sent it knows the secret. */
  readonly isTrue: boolean;
  /** What came back; undefined where the answer, or the request, was lost. */
  status: number | undefined;
  /** Whether it was told that something was asked for. */
  hasAsked: boolean;
}

interface Delivery {
  readonly id: string;
  readonly fact: ToldFact;
}

/** Who sends webhooks, as GitHub does; what they sent is the truth of the world. */
export class TriggerSender {
  readonly sendings: Sending[] = [];
  readonly #dice: Dice;
  readonly #deliveries: Delivery[] = [];
  #facts = 0;
  #ids = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Something happens now; `awryMs` is how wrong the clock of the sender is. */
  happen(now: number, awryMs = 0): Delivery {
    this.#facts += 1;
    return this.#deliver({ number: this.#facts, isGreen: this.#dice.chance(0.8), happenedAt: now + awryMs });
  }

  /** The same fact under another id: another hook, or somebody who makes the vendor tell it anew. */
  tellAnew(): Delivery | undefined {
    const known = this.#any();
    return known && this.#deliver(known.fact);
  }

  /** What was sent before, bytes and all. */
  again(): Delivery | undefined {
    return this.#any();
  }

  /** Resolves with the status, or with nothing where the server died over it. */
  async send(
    route: HttpRoute,
    { id, fact }: Delivery,
    how: { readonly at: number; readonly isTrue: boolean },
  ): Promise<Sending> {
    const sending: Sending = { delivery: id, fact, ...how, status: undefined, hasAsked: false };
    this.sendings.push(sending);
    const body = Buffer.from(bodyOf(fact));
    const secret = how.isTrue ? SECRET : "guessed";
    const headers = {
      "content-type": "application/json",
      "x-github-event": "workflow_run",
      "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    };
    const head = { method: "POST", path: "/triggers/green", query: "", headers };
    const answer = route.admit?.(head) ?? (await route.answer({ ...head, body }));
    sending.status = answer?.status;
    sending.hasAsked = answer?.status === 200 && Asked.parse(JSON.parse(String(answer.body))).asked.length > 0;
    return sending;
  }

  #deliver(fact: ToldFact): Delivery {
    this.#ids += 1;
    const delivery = { id: `delivery-${this.#ids}`, fact };
    this.#deliveries.push(delivery);
    return delivery;
  }

  #any(): Delivery | undefined {
    return this.#deliveries.length === 0 ? undefined : this.#dice.pick(this.#deliveries);
  }
}

function bodyOf({ number, isGreen, happenedAt }: ToldFact): string {
  const repository = { id: 1, full_name: "acme/checkout" };
  return JSON.stringify({
    action: "completed",
    repository,
    workflow_run: {
      id: number,
      name: "CI",
      head_branch: "main",
      head_sha: number.toString(16).padStart(40, "0"),
      run_attempt: 1,
      event: "push",
      conclusion: isGreen ? "success" : "failure",
      updated_at: new Date(happenedAt).toISOString(),
      head_repository: repository,
    },
    sender: { login: "ana" },
  });
}
