import type { Ticket } from "../../../src/dispatch/job-queue.ts";
import type { Dice } from "../dice.ts";
import type { Replayed } from "./redis-act.ts";

interface Said {
  readonly channel: string;
  readonly text: string;
}

const MOST = 64;

/** A share of everything that went through Redis from its first day on, as somebody has it who listens and keeps it. */
export class Memory {
  readonly #dice: Dice;
  readonly #messages = new Map<Replayed, { readonly kept: Said[]; seen: number }>();
  readonly #jobs: { readonly kept: Ticket[]; seen: number } = { kept: [], seen: 0 };

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  message(channel: string, text: string): void {
    const of = kindOf(channel);
    const list = this.#messages.get(of) ?? { kept: [], seen: 0 };
    this.#messages.set(of, list);
    this.#keep(list, { channel, text });
  }

  job(ticket: Ticket): void {
    this.#keep(this.#jobs, ticket);
  }

  anyMessage(of: Replayed): Said | undefined {
    const kept = this.#messages.get(of)?.kept ?? [];
    return kept.length === 0 ? undefined : this.#dice.pick(kept);
  }

  anyJob(): Ticket | undefined {
    return this.#jobs.kept.length === 0 ? undefined : this.#dice.pick(this.#jobs.kept);
  }

  /** Of all that were seen each is kept with the same likelihood. */
  #keep<Item>(list: { readonly kept: Item[]; seen: number }, item: Item): void {
    list.seen += 1;
    if (list.kept.length < MOST) list.kept.push(item);
    else if (this.#dice.chance(MOST / list.seen)) list.kept[this.#dice.below(MOST)] = item;
  }
}

/** By what ends the names of the channels. */
function kindOf(channel: string): Replayed {
  if (channel.endsWith(":reports")) return "reports";
  return channel.endsWith(":workers") ? "roll-calls" : "answers";
}
