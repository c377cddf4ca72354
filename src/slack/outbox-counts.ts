import { isSettled, type Priority, type SlotEntry } from "./slot-entry.ts";
import type { Report } from "./slot-sender.ts";

/** How the outbox is doing, for metrics. */
export interface OutboxSnapshot {
  readonly waiting: Readonly<Record<Priority, number>>;
  /** How long the oldest unsent content has been waiting. */
  readonly oldestMs: number;
  readonly calls: Readonly<Record<Report["call"], number>>;
  /** Calls that Slack answered with 429. */
  readonly limited: Readonly<Record<Report["call"], number>>;
  /** Messages that were posted again because the first one was lost. */
  readonly replacements: number;
}

/** Counts calls as they end. */
export class OutboxCounts {
  readonly #calls: Record<Report["call"], number> = { post: 0, update: 0, find: 0 };
  readonly #limited: Record<Report["call"], number> = { post: 0, update: 0, find: 0 };
  #replacements = 0;

  count({ call, result }: Report): void {
    this.#calls[call] += 1;
    if (result.status === "limited") this.#limited[call] += 1;
    if (result.status === "refused" && result.reason === "message-lost") this.#replacements += 1;
  }

  snapshot(entries: Iterable<SlotEntry>, now: number): OutboxSnapshot {
    const waiting: Record<Priority, number> = { 1: 0, 2: 0, 3: 0 };
    let oldestMs = 0;
    for (const entry of entries) {
      if (isSettled(entry)) continue;
      waiting[entry.priority] += 1;
      oldestMs = Math.max(oldestMs, now - entry.waitingSince);
    }
    return {
      waiting,
      oldestMs,
      calls: { ...this.#calls },
      limited: { ...this.#limited },
      replacements: this.#replacements,
    };
  }
}
