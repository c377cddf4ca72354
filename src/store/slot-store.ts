import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Statement } from "better-sqlite3";
import { z } from "zod";

import type { SlotRecord, SlotStore } from "../engine/ports.ts";
import type { LogDatabase } from "./database.ts";
import type { LogWriter } from "./log-writer.ts";
import { slots } from "./schema.ts";
import type { EventSealer } from "./sealed-event.ts";

/** The stream of what is known of our messages in Slack. */
export const MESSAGES_STREAM = "messages";

/**
 * A fact about one of our messages: everything that is known of it and cannot be asked again, so that the newest one of a slot is
 * its state. Without it, what Slack was last told: that can be told again.
 */
export const MessageFact = z.object({
  type: z.enum(["message.posting", "message.not-posted", "message.posted", "message.lost"]),
  slot: z.string(),
  team: z.string(),
  channel: z.string(),
  threadTs: z.string().optional(),
  ts: z.string().optional(),
  postingSince: z.number().optional(),
  lostReason: z.string().optional(),
});
export type MessageFact = z.infer<typeof MessageFact>;

export interface SlotStoreDeps {
  readonly database: LogDatabase;
  readonly writer: LogWriter;
  readonly sealer: EventSealer;
}

/** The outbox's memory in SQLite. */
export class SqliteSlotStore implements SlotStore {
  readonly #deps: SlotStoreDeps;
  readonly #put: Statement;
  readonly #queries: ReturnType<typeof prepareQueries>;

  constructor(deps: SlotStoreDeps) {
    this.#deps = deps;
    this.#queries = prepareQueries(deps.database.orm);
    this.#put = deps.database.sqlite.prepare(
      `INSERT OR REPLACE INTO slots (slot, team, channel, thread_ts, ts, sent_hash, posting_since, lost_reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  slot(slot: string): SlotRecord | undefined {
    const row = this.#queries.bySlot.get({ slot });
    return row && toRecord(row);
  }

  slotByMessage(team: string, channel: string, ts: string): SlotRecord | undefined {
    const row = this.#queries.byMessage.get({ team, channel, ts });
    return row && toRecord(row);
  }

  async save(record: SlotRecord, atMs: number): Promise<void> {
    const { sentHash: _sentHash, ...known } = record;
    await this.#deps.writer.transact((log) => {
      const type = tryFactType(this.slot(record.slot), record);
      if (type !== undefined) {
        log.append(MESSAGES_STREAM, -1, [this.#deps.sealer.seal({ type, at: atMs, ...known })]);
      }
      this.write(record);
    });
  }

  /** Inside a transaction: the row alone. */
  write(record: SlotRecord): void {
    this.#put.run(
      record.slot,
      record.team,
      record.channel,
      record.threadTs ?? null,
      record.ts ?? null,
      record.sentHash ?? null,
      record.postingSince ?? null,
      record.lostReason ?? null,
    );
  }
}

function prepareQueries(orm: LogDatabase["orm"]) {
  return {
    bySlot: orm.select().from(slots).where(is(slots.slot)).prepare(),
    byMessage: orm
      .select()
      .from(slots)
      .where(and(is(slots.team), is(slots.channel), is(slots.ts)))
      .orderBy(desc(sql`rowid`))
      .limit(1)
      .prepare(),
  };
}

/** The column has the value that is given under its own name. */
function is(column: SQLiteColumn): SQL {
  return eq(column, sql.placeholder(column.name));
}

/** What became known; undefined when nothing did that would have to be remembered, as when a message is tried once more. */
function tryFactType(before: SlotRecord | undefined, after: SlotRecord): MessageFact["type"] | undefined {
  const isSame = (["team", "channel", "threadTs", "ts", "lostReason"] as const).every(
    (member) => before?.[member] === after[member],
  );
  const wasBeingPosted = before?.postingSince !== undefined;
  if (isSame && wasBeingPosted === (after.postingSince !== undefined)) return undefined;
  if (after.lostReason !== undefined) return "message.lost";
  if (after.ts !== undefined) return "message.posted";
  return after.postingSince === undefined ? "message.not-posted" : "message.posting";
}

function toRecord(row: typeof slots.$inferSelect): SlotRecord {
  return {
    slot: row.slot,
    team: row.team,
    channel: row.channel,
    threadTs: row.threadTs ?? undefined,
    ts: row.ts ?? undefined,
    sentHash: row.sentHash ?? undefined,
    postingSince: row.postingSince ?? undefined,
    lostReason: row.lostReason ?? undefined,
  };
}
