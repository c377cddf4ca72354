import type { HandLock } from "../domain/hand-lock.ts";
import type { Clock } from "../platform/clock.ts";
import type { LockTable } from "./lock-table.ts";
import type { EventStore } from "./ports.ts";

/** The stream of everything that is said about hand locks. */
const LOCKS_STREAM = "locks";

export interface HandLockRequest {
  /** As `lockKey` writes it. */
  readonly key: string;
  /** Pseudonym of whoever sets it. */
  readonly owner: string;
  readonly reason: string;
  /** In milliseconds since the epoch; until it is lifted when undefined. */
  readonly until?: number | undefined;
}

/** `refused`: somebody else has set `before`, which stays as it is. */
export interface LockSetting {
  readonly kind: "set" | "refused";
  /** What was there before. */
  readonly before: HandLock | undefined;
}

/** What a run leaves on the locks that it gives back. */
export interface Hold {
  readonly keys: readonly string[];
  /** Pseudonym of whoever asked for the run. */
  readonly owner: string;
  readonly reason: string;
  readonly run: string;
}

interface Deps {
  readonly store: Pick<EventStore, "append" | "appendHandLock">;
  readonly clock: Pick<Clock, "now">;
  readonly table: LockTable;
  /** Lets waiting runs have what is free now, and others give way, in the commit of this turn. */
  readonly grant: () => readonly Promise<unknown>[];
  /** Told, once it is recorded, that what waits for these keys waits for something else now. */
  readonly onChanged: (keys: readonly string[]) => void;
  readonly onWakeAt: (at: number | undefined) => void;
  /** Told when a commit failed: the table no longer says what the log says. */
  readonly onFailed: (error: unknown) => void;
}

/** Locks that people set, until they are lifted or their time is up. Who may is asked before. */
export class LockDesk {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  locks(): readonly HandLock[] {
    return this.#deps.table.handLocks;
  }

  on(key: string): HandLock | undefined {
    return this.#deps.table.handLock(key);
  }

  /** Whoever has set a lock may give it another reason and another end; nobody else may set it a second time. */
  async set({ key, owner, reason, until }: HandLockRequest): Promise<LockSetting> {
    const { store, clock } = this.#deps;
    const at = clock.now();
    const before = this.on(key);
    if (before !== undefined && before.owner !== owner) {
      const message = `${key} is locked by somebody else already: ${before.reason}`;
      const fact = { type: "lock.refused", at, actor: owner, key, verb: "lock", code: "lock.by-hand", message };
      await store.append({ stream: LOCKS_STREAM, expectedVersion: -1, events: [fact] });
      return { kind: "refused", before };
    }
    const since = before?.since ?? at;
    await this.#put({ key, owner, reason, since, ...(until !== undefined && { until }), ...runOf(before) });
    return { kind: "set", before };
  }

  /** Resolves with the lock that was there, or undefined when there was none. Whoever waited gets it in the same commit. */
  async lift(key: string, actor: string): Promise<HandLock | undefined> {
    const before = this.on(key);
    if (before !== undefined) await this.#drop(key, { type: "lock.lifted", actor });
    return before;
  }

  /** Locks whose time is up end. */
  async expireDue(): Promise<void> {
    const now = this.#deps.clock.now();
    const due = this.locks().filter(({ until }) => until !== undefined && until <= now);
    await Promise.all(due.map(({ key }) => this.#drop(key, { type: "lock.expired" })));
  }

  /** Within the turn in which the run gives its locks back, so that nobody gets them in between. What people have set stays. */
  async hold({ keys, owner, reason, run }: Hold): Promise<void> {
    const free = keys.filter((key) => {
      const before = this.on(key);
      return before === undefined || before.run !== undefined;
    });
    const since = this.#deps.clock.now();
    await Promise.all(free.map((key) => this.#put({ key, owner, reason, since, run })));
  }

  async #put(lock: HandLock): Promise<void> {
    const { store, clock, table, onWakeAt } = this.#deps;
    const { key, owner, reason, until, run } = lock;
    table.putHandLock(lock);
    const members = { key, reason, ...(until !== undefined && { until }), ...(run !== undefined && { run }) };
    const fact = { type: "lock.set", at: clock.now(), actor: owner, since: lock.since, ...members };
    await this.#recorded(key, store.appendHandLock({ key, lock, fact }));
    onWakeAt(until);
  }

  async #drop(key: string, how: { readonly type: string; readonly actor?: string }): Promise<void> {
    const { store, clock, table, grant } = this.#deps;
    table.dropHandLock(key);
    const fact = { ...how, at: clock.now(), key };
    const dropped = this.#recorded(key, store.appendHandLock({ key, lock: undefined, fact }));
    await Promise.all([dropped, ...grant()]);
  }

  async #recorded(key: string, commit: Promise<void>): Promise<void> {
    try {
      await commit;
    } catch (error) {
      this.#deps.onFailed(error);
      throw error;
    }
    this.#deps.onChanged([key]);
  }
}

function runOf(lock: HandLock | undefined): { readonly run?: string } {
  return lock?.run === undefined ? {} : { run: lock.run };
}
