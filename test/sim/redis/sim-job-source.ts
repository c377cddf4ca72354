import type { Found, JobSource, Ticket } from "../../../src/dispatch/job-queue.ts";
import type { SimLink } from "./sim-link.ts";
import type { SimQueue, Taker } from "./sim-queue.ts";

interface Deps {
  readonly link: SimLink;
  readonly queue: SimQueue;
}

/** A worker's end of the simulated queue. */
export class SimJobSource implements JobSource, Taker {
  readonly #deps: Deps;
  #take: ((found: Found) => Promise<void>) | undefined;
  #busy: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get isThere(): boolean {
    return this.#deps.link.isOpen && !this.#isClosed;
  }

  get isWell(): boolean {
    const { link } = this.#deps;
    return link.isOpen && !link.user.pace.isStill;
  }

  start(take: (found: Found) => Promise<void>): void {
    this.#take = take;
    this.expect();
  }

  /** It has a connection, for the first time or again, or has ended with what it had. */
  expect(): void {
    if (this.#take !== undefined && this.#busy === undefined && this.isThere) this.#deps.queue.expect(this);
  }

  give(ticket: Ticket): void {
    const { link } = this.#deps;
    link.send(() => {
      if (this.#isClosed || this.#take === undefined || this.#busy !== undefined) return;
      const { id, envelope } = ticket;
      this.#busy = this.#take({ id, data: { envelope } }).then(() => this.#end(id));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#deps.queue.leave(this);
    await this.#busy;
  }

  async #end(id: string): Promise<void> {
    const { link, queue } = this.#deps;
    // Where it cannot say so, somebody else gets it again.
    await link.command(() => queue.end(id, this)).catch(() => undefined);
    this.#busy = undefined;
    this.expect();
  }
}
