import type { RunEvent } from "../../src/domain/run-event.ts";

/** What the referee knows of people, by pseudonym; nothing of it comes from the code that decides. */
export interface People {
  readonly userOf: (pseudonym: string) => string;
  /** Who is who: one name for all accounts of one human being. */
  readonly humanOf: (user: string) => string;
  readonly approvers: ReadonlySet<string>;
  readonly requester: string;
  readonly quorum: number;
}

type Closed = "approved" | "rejected" | "expired" | "voided" | "cancelled";

interface Opening {
  readonly digest: string;
  readonly expiresAt: number;
  readonly yes: Set<string>;
  closed: Closed | undefined;
}

// What may be said to somebody who comes too late, by how it was closed.
const LATE: Readonly<Record<Closed, readonly string[]>> = {
  approved: ["gate.decided"],
  rejected: ["gate.decided"],
  expired: ["gate.expired", "gate.closed"],
  voided: ["gate.changed", "gate.stale"],
  cancelled: ["gate.closed"],
};

/**
 * Reads the log of a run with one gate and says what is wrong with it: who decided and may not, what was decided twice, who
 * was let through by nobody. It knows the rules of the product and no code of it.
 */
export class GateReferee {
  readonly faults: string[] = [];
  /** How each opening of the gate ended, in order. */
  readonly ends: (Closed | "open")[] = [];
  decided = 0;
  readonly #people: People;
  #opening: Opening | undefined;

  constructor(people: People, events: readonly RunEvent[]) {
    this.#people = people;
    for (const event of events) this.#see(event);
    if (this.#opening !== undefined) this.ends.push(this.#opening.closed ?? "open");
  }

  #see(event: RunEvent): void {
    if (event.type === "gate.opened") this.#opened(event);
    if (event.type === "gate.decided") this.#decided(event);
    if (event.type === "gate.refused") this.#toldLate(event.code);
    if (event.type === "gate.voided") this.#close("voided");
    if (event.type === "run.cancel-requested" && this.#isAsking()) this.#close("cancelled");
    if (event.type === "step.failed" && event.failure.code === "gate.expired") this.#expired(event.at);
    if (event.type === "step.started" && event.uses === "argocd/sync") this.#started();
  }

  /** Or about to ask anew. */
  #isAsking(): boolean {
    return this.#opening?.closed === undefined || this.#opening.closed === "voided";
  }

  #opened({ digest, expiresAt }: Extract<RunEvent, { type: "gate.opened" }>): void {
    if (this.#opening !== undefined) this.ends.push(this.#opening.closed ?? "open");
    if (this.#opening !== undefined && this.#opening.closed !== "voided") this.#fault("it was asked again");
    this.#opening = { digest, expiresAt, yes: new Set(), closed: undefined };
  }

  #started(): void {
    if (this.#opening?.closed === "approved") return;
    this.#fault(`a sync was started and the gate was ${this.#opening?.closed ?? "open"}`);
  }

  #decided(event: Extract<RunEvent, { type: "gate.decided" }>): void {
    this.decided += 1;
    const { userOf, humanOf, approvers, requester, quorum } = this.#people;
    const opening = this.#opening;
    const user = userOf(event.actor ?? "");
    const human = humanOf(user);
    if (opening === undefined || opening.closed !== undefined) return this.#fault(`${user} decided what was decided`);
    if (!approvers.has(user)) this.#fault(`${user} decided, who may not`);
    if (human === humanOf(requester)) this.#fault(`${user} decided on what they had asked for`);
    if (opening.yes.has(human)) this.#fault(`${user} decided twice`);
    if (event.digest !== opening.digest) this.#fault(`${user} decided on something else`);
    if (event.at >= opening.expiresAt) this.#fault(`${user} decided after it had expired`);
    if (event.decision === "reject") return this.#close("rejected");
    opening.yes.add(human);
    if (opening.yes.size >= quorum) this.#close("approved");
  }

  #toldLate(code: string): void {
    const closed = this.#opening?.closed;
    if (closed !== undefined && !LATE[closed].includes(code))
      this.#fault(`it was ${closed}, and somebody was told ${code}`);
  }

  #expired(at: number): void {
    if (this.#opening === undefined || at < this.#opening.expiresAt) this.#fault("it expired too early");
    if (this.#opening?.closed !== undefined) this.#fault(`it was ${this.#opening.closed}, and expired`);
    this.#close("expired");
  }

  #close(how: Closed): void {
    if (this.#opening === undefined) return;
    const { closed } = this.#opening;
    // What was approved may still be voided until the effect, and a run that is about to ask anew may be cancelled.
    const goesOn = (closed === "approved" && how === "voided") || (closed === "voided" && how === "cancelled");
    const mayClose = closed === undefined || goesOn;
    if (!mayClose) this.#fault(`it was ${this.#opening.closed}, and then ${how}`);
    this.#opening.closed = how;
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}
