import { evolve } from "./evolve.ts";
import { claimsOf, type LockAsk, type LockReply } from "./lock-book.ts";
import type { RunEvent } from "./run-event.ts";
import type { RunState } from "./run-state.ts";

/** What a decision may know besides the state: the moment, and what comes of asking for locks. */
export interface Circumstances {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What comes of it when this run asks for these locks now, all together. */
  readonly askForLocks: (ask: LockAsk) => LockReply;
  /** Larger than the order of every earlier request for a lock, and than what it gave before. */
  readonly nextLockOrder: () => number;
}

type Undated<Event> = Event extends RunEvent ? Omit<Event, "at"> : never;

/** The facts that one decision has produced so far, and the state with them folded in. */
export class Draft {
  readonly #circumstances: Circumstances;
  readonly #events: RunEvent[] = [];
  #hasFailed = false;
  #state: RunState;

  constructor(state: RunState, circumstances: Circumstances) {
    this.#state = state;
    this.#circumstances = circumstances;
  }

  get state(): RunState {
    return this.#state;
  }

  get at(): number {
    return this.#circumstances.at;
  }

  /** Whether a step has failed for good in this turn. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  nextLockOrder(): number {
    return this.#circumstances.nextLockOrder();
  }

  askForLocks(ask: Omit<LockAsk, "own">): LockReply {
    return this.#circumstances.askForLocks({ ...ask, own: claimsOf(this.#state) });
  }

  emit(event: Undated<RunEvent>): void {
    const dated: RunEvent = { ...event, at: this.at };
    this.#events.push(dated);
    this.#hasFailed ||= dated.type === "step.failed" && dated.retryAt === undefined;
    this.#state = evolve(this.#state, dated);
  }
}
