import type { Ticket } from "../../../src/dispatch/job-queue.ts";
import type { Dice } from "../dice.ts";
import type { Replayed } from "./redis-act.ts";

interface Said {
  readonly channel: string;
  readonly text: string;
}

const MOST = 64;
const MOST_RECENT = 12;

/** A share of everything that ever went through Redis, and the last of it, as somebody has it who listens and keeps it. */
export class Memory {
  readonly #dice: Dice;
  readonly #messages = new Map<Replayed, { readonly kept: Said[]; seen: number }>();
  readonly #recent = new Map<Replayed, Said[]>();
  readonly #jobs: { readonly kept: Ticket[]; seen: number } = { kept: [], seen: 0 };

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Takes it down, and says what it is. */
  message(channel: string, text: string): Replayed {
    const of = kindOf(channel);
    const list = this.#messages.get(of) ?? { kept: [], seen: 0 };
    this.#messages.set(of, list);
    this.#keep(list, { channel, text });
    const recent = this.#recent.get(of) ?? [];
    this.#recent.set(of, recent);
    if (recent.push({ channel, text }) > MOST_RECENT) recent.shift();
    return of;
  }

  job(ticket: Ticket): void {
    this.#keep(this.#jobs, ticket);
  }

  anyMessage(of: Replayed): Said | undefined {
    const list = this.#dice.chance(0.5) ? this.#recent.get(of) : this.#messages.get(of)?.kept;
    const kept = list ?? [];
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
