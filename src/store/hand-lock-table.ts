import type { Statement } from "better-sqlite3";
import { z } from "zod";

import type { HandLock } from "../domain/hand-lock.ts";
import type { LogDatabase } from "./database.ts";

/** The stream of everything that is said about hand locks. */
export const LOCKS_STREAM = "locks";

interface Row {
  readonly key: string;
  readonly owner: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number | null;
  readonly run: string | null;
}

/** What the log says about hand locks. A refusal changes none. */
export const HandLockFact = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("lock.set"),
    actor: z.string().default(""),
    key: z.string(),
    reason: z.string(),
    since: z.number(),
    until: z.number().optional(),
    run: z.string().optional(),
  }),
  z.object({ type: z.literal("lock.lifted"), key: z.string() }),
  z.object({ type: z.literal("lock.expired"), key: z.string() }),
  z.object({ type: z.literal("lock.refused") }),
]);
export type HandLockFact = z.infer<typeof HandLockFact>;

/** The table of the hand locks that are set now. */
export class HandLockTable {
  readonly #put: Statement;
  readonly #drop: Statement<[string]>;
  readonly #all: Statement<[], Row>;
  readonly #next: Statement<[], number>;
  readonly #clear: Statement;

  constructor({ sqlite }: LogDatabase) {
    this.#put = sqlite.prepare(
      `INSERT OR REPLACE INTO hand_locks (key, owner, reason, since, until, run) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#drop = sqlite.prepare("DELETE FROM hand_locks WHERE key = ?");
    this.#all = sqlite.prepare("SELECT key, owner, reason, since, until, run FROM hand_locks ORDER BY since, key");
    this.#next = sqlite
      .prepare<[], number>("SELECT until FROM hand_locks WHERE until IS NOT NULL ORDER BY until")
      .pluck();
    this.#clear = sqlite.prepare("DELETE FROM hand_locks");
  }

  /** Inside a transaction. */
  put({ key, owner, reason, since, until, run }: HandLock): void {
    this.#put.run(key, owner, reason, since, until ?? null, run ?? null);
  }

  /** Inside a transaction. */
  drop(key: string): void {
    this.#drop.run(key);
  }

  /** Inside a transaction: what the fact says about its key. */
  apply(fact: HandLockFact): void {
    switch (fact.type) {
      case "lock.set": {
        const { actor, key, reason, since, until, run } = fact;
        const more = { ...(until !== undefined && { until }), ...(run !== undefined && { run }) };
        return this.put({ key, owner: actor, reason, since, ...more });
      }
      case "lock.lifted":
      case "lock.expired":
        return this.drop(fact.key);
      case "lock.refused":
        return undefined;
    }
  }

  clear(): void {
    this.#clear.run();
  }

  /** The oldest first. */
  all(): readonly HandLock[] {
    return this.#all.all().map(toHandLock);
  }

  /** The moment at which the first of them ends. */
  nextUntil(): number | undefined {
    return this.#next.get();
  }
}

function toHandLock({ key, owner, reason, since, until, run }: Row): HandLock {
  return { key, owner, reason, since, ...(until !== null && { until }), ...(run !== null && { run }) };
}
