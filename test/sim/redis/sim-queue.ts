import type { Ticket } from "../../../src/dispatch/job-queue.ts";
import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";

/** A worker's end of the queue, as Redis sees it. */
export interface Taker {
  /** Whether Redis has a connection of it. */
  readonly isThere: boolean;
  /** Whether it renews what it has taken. */
  readonly isWell: boolean;
  /** Gets one ticket, on its way from now on. */
  give(ticket: Ticket): void;
}

interface Taken {
  readonly ticket: Ticket;
  readonly taker: Taker;
  wasWell: boolean;
}

const CHECK_MS = 5000;
const MOST_RETURNS = 10;

/** The queue in Redis: what is taken and not ended comes back when nobody is heard of it. At least once, in no promised order. */
export class SimQueue {
  readonly #line: Schedule;
  readonly #dice: Dice;
  readonly #waiting = new Map<string, Ticket>();
  readonly #taken = new Map<string, Taken>();
  readonly #returns = new Map<string, number>();
  readonly #takers: Taker[] = [];

  constructor(deps: { readonly line: Schedule; readonly dice: Dice }) {
    this.#line = deps.line;
    this.#dice = deps.dice;
  }

  /** Adds what is not there. */
  add(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      if (!this.#waiting.has(ticket.id) && !this.#taken.has(ticket.id)) this.#waiting.set(ticket.id, ticket);
    }
    this.#handOut();
  }

  /** Adds it although somebody has it. */
  addAgain(ticket: Ticket): void {
    this.#waiting.set(ticket.id, ticket);
    this.#handOut();
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.#waiting.delete(id);
  }

  drain(): void {
    this.#waiting.clear();
  }

  flush(): void {
    this.#waiting.clear();
    this.#taken.clear();
    this.#returns.clear();
  }

  /** It waits for a ticket. */
  expect(taker: Taker): void {
    if (!this.#takers.includes(taker)) this.#takers.push(taker);
    this.#handOut();
  }

  /** It does not wait any more. */
  leave(taker: Taker): void {
    const at = this.#takers.indexOf(taker);
    if (at >= 0) this.#takers.splice(at, 1);
  }

  /** It has ended with what it took. */
  end(id: string, taker: Taker): void {
    if (this.#taken.get(id)?.taker === taker) this.#taken.delete(id);
  }

  #handOut(): void {
    for (const [id, ticket] of this.#waiting) {
      const taker = this.#nextTaker();
      if (taker === undefined) return;
      this.#waiting.delete(id);
      const taken = { ticket, taker, wasWell: true };
      this.#taken.set(id, taken);
      this.#watch(taken);
      taker.give(ticket);
    }
  }

  #nextTaker(): Taker | undefined {
    while (this.#takers.length > 0) {
      const [taker] = this.#takers.splice(this.#dice.below(this.#takers.length), 1);
      if (taker?.isThere === true) return taker;
    }
    return undefined;
  }

  /** What nobody renews for some seconds goes back. */
  #watch(taken: Taken): void {
    this.#line.after(CHECK_MS, () => {
      const { ticket, taker, wasWell } = taken;
      if (this.#taken.get(ticket.id) !== taken) return;
      taken.wasWell = taker.isWell;
      if (taken.wasWell || wasWell) return this.#watch(taken);
      this.#taken.delete(ticket.id);
      const returns = (this.#returns.get(ticket.id) ?? 0) + 1;
      this.#returns.set(ticket.id, returns);
      if (returns <= MOST_RETURNS) this.addAgain(ticket);
    });
  }
}
