import { canTake, claimsOf, grantable, type LockClaim, queuePosition } from "../domain/lock-book.ts";
import type { RunState } from "../domain/run-state.ts";
import type { QueueView } from "../domain/run-view.ts";
import { shortId } from "../platform/ids.ts";

/** All locks that open runs hold or wait for. It follows from the runs' states; nothing in it has to be kept. */
export class LockTable {
  readonly #claims = new Map<string, readonly LockClaim[]>();
  #order = 0;

  /** Starts over from what the log's projection says. */
  load(claims: readonly LockClaim[]): void {
    this.#claims.clear();
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

  /** Larger than every order given before. */
  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  canTake(run: string, keys: readonly string[]): boolean {
    return canTake(this.#all(), { run, keys, sequence: Number.POSITIVE_INFINITY });
  }

  grantable(): readonly LockClaim[] {
    return this.#claims.size === 0 ? [] : grantable(this.#all());
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

  #all(): readonly LockClaim[] {
    return [...this.#claims.values()].flat();
  }
}
