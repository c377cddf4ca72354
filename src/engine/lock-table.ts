import type { HandLock } from "../domain/hand-lock.ts";
import {
  claimsOf,
  givingWay,
  grantable,
  handLockOn,
  type LockAsk,
  type LockClaim,
  type LockReply,
  queuePosition,
  replyTo,
} from "../domain/lock-book.ts";
import type { RunState } from "../domain/run-state.ts";
import type { QueueView } from "../domain/run-view.ts";
import { shortId } from "../platform/ids.ts";

/** All locks that open runs hold or wait for, and those set by hand. It follows from the log; nothing in it has to be kept. */
export class LockTable {
  readonly #claims = new Map<string, readonly LockClaim[]>();
  readonly #handLocks = new Map<string, HandLock>();
  #order = 0;

  /** Starts over from what the log's projections say. */
  load(claims: readonly LockClaim[], handLocks: readonly HandLock[]): void {
    this.#claims.clear();
    this.#handLocks.clear();
    for (const lock of handLocks) this.#handLocks.set(lock.key, lock);
    for (const claim of claims) {
      this.#claims.set(claim.run, [...(this.#claims.get(claim.run) ?? []), claim]);
      this.#order = Math.max(this.#order, claim.sequence);
    }
  }

  /** Takes over what the run holds and waits for now. */
  update(state: RunState): void {
    const claims = claimsOf(state);
    if (claims.length === 0) this.#claims.delete(state.id);
    else this.#claims.set(state.id, claims);
  }

  get handLocks(): readonly HandLock[] {
    return [...this.#handLocks.values()];
  }

  handLock(key: string): HandLock | undefined {
    return this.#handLocks.get(key);
  }

  putHandLock(lock: HandLock): void {
    this.#handLocks.set(lock.key, lock);
  }

  dropHandLock(key: string): void {
    this.#handLocks.delete(key);
  }

  /** Larger than every order given before. */
  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  /** What comes of a request of the run now. */
  reply(run: string, ask: LockAsk): LockReply {
    return replyTo(this.#book(), run, ask);
  }

  grantable(): readonly LockClaim[] {
    return this.#claims.size === 0 ? [] : grantable(this.#book());
  }

  /** The runs that have to give way, and to which. */
  givingWay(): readonly { readonly run: string; readonly to: string }[] {
    return this.#claims.size === 0 ? [] : givingWay(this.#book());
  }

  /** Where the run stands in the queues it waits in. */
  queueOf(run: string): readonly QueueView[] {
    const own = (this.#claims.get(run) ?? []).filter((claim) => claim.status === "requested");
    return own.map((claim) => {
      const { position, holder } = queuePosition(this.#all(), claim);
      return {
        path: claim.path,
        keys: claim.keys,
        position,
        behind: holder === undefined ? undefined : shortId(holder),
        handLock: handLockOn(this.handLocks, claim),
      };
    });
  }

  /** The runs that wait for any of these locks, whose place in the queue may have changed. */
  waitingFor(keys: readonly string[]): readonly string[] {
    const waiting = this.#all().filter(
      (claim) => claim.status === "requested" && claim.keys.some((key) => keys.includes(key)),
    );
    return [...new Set(waiting.map((claim) => claim.run))];
  }

  #book(): { readonly claims: readonly LockClaim[]; readonly handLocks: readonly HandLock[] } {
    return { claims: this.#all(), handLocks: this.handLocks };
  }

  #all(): readonly LockClaim[] {
    return [...this.#claims.values()].flat();
  }
}
