import { z } from "zod";

import type { RunEvent } from "../domain/run-event.ts";
import type { RunProjection } from "../engine/projection.ts";
import { AppError } from "../platform/errors.ts";
import type { LogDatabase } from "./database.ts";
import { INTENTS_STREAM } from "./event-store.ts";
import { HandLockFact, type HandLockTable, LOCKS_STREAM } from "./hand-lock-table.ts";
import { type LogReader, parseRunEvent, storedEvent } from "./log-reader.ts";
import type { RunTables } from "./run-tables.ts";
import { MESSAGES_STREAM, MessageFact, type SqliteSlotStore } from "./slot-store.ts";

/** What the tables hold of a run whose events these are; undefined when they are not those of a run. */
export type Projector = (run: string, events: readonly RunEvent[]) => RunProjection | undefined;

export interface Rebuild {
  readonly database: LogDatabase;
  readonly reader: LogReader;
  readonly tables: RunTables;
  readonly slots: SqliteSlotStore;
  readonly handLocks: HandLockTable;
  readonly projector: Projector;
}

const IntentFact = z.object({
  type: z.enum(["intent.received", "intent.settled"]),
  id: z.string(),
  key: z.string().default(""),
});
const HAS_RUNS = "substr(stream, 1, 4) = 'run_'";

/** True when there is a log, but nothing of what is derived from it. */
export function areProjectionsMissing({ sqlite }: LogDatabase): boolean {
  const isThere = (table: string): boolean => sqlite.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  return isThere("events") && !["runs", "intents", "slots", "hand_locks"].some(isThere);
}

/**
 * Deletes everything that is derived from the log and derives it again. Inside a transaction.
 * What Slack was last told is not in the log: it is kept where it is still there, and told again where it is not.
 */
export function rebuildProjections(rebuild: Rebuild): void {
  const { sqlite } = rebuild.database;
  const shown = sqlite
    .prepare<[], { id: string; version: number }>("SELECT id, shown_version AS version FROM runs")
    .all();
  const sent = sqlite
    .prepare<[], { slot: string; hash: string | null }>("SELECT slot, sent_hash AS hash FROM slots")
    .all();
  rebuild.tables.clear();
  for (const table of ["intents", "slots"]) sqlite.prepare(`DELETE FROM ${table}`).run();
  rebuildRuns(rebuild);
  rebuildIntents(rebuild);
  rebuildHandLocks(rebuild);
  rebuildSlots(rebuild, new Map(sent.map(({ slot, hash }) => [slot, hash ?? undefined])));
  for (const { id, version } of shown) rebuild.tables.markShown(id, version);
  rebuild.tables.write();
}

function rebuildRuns({ database, reader, tables, projector }: Rebuild): void {
  const started = database.sqlite
    .prepare<[], string>(`SELECT stream FROM events WHERE version = 1 AND ${HAS_RUNS} ORDER BY sequence`)
    .pluck();
  for (const run of started.all()) {
    const rows = reader.stream(run);
    const events = rows.map(parseRunEvent);
    const projection = projector(run, events);
    if (projection === undefined) {
      throw new AppError(`the events of ${run} are not those of a run: verify the log`, { code: "store.unreadable" });
    }
    tables.put({ ...projection, events, sequenceOf: (index) => rows[index]?.sequence ?? 0 });
  }
}

function rebuildIntents({ database, reader }: Rebuild): void {
  const receive = database.sqlite.prepare("INSERT INTO intents (id, key, received) VALUES (?, ?, ?)");
  const settle = database.sqlite.prepare("UPDATE intents SET settled = ? WHERE id = ?");
  for (const row of reader.stream(INTENTS_STREAM)) {
    const fact = IntentFact.parse(storedEvent(row));
    if (fact.type === "intent.received") receive.run(fact.id, fact.key, row.sequence);
    else settle.run(row.sequence, fact.id);
  }
}

function rebuildHandLocks({ reader, handLocks }: Rebuild): void {
  handLocks.clear();
  for (const row of reader.stream(LOCKS_STREAM)) handLocks.apply(HandLockFact.parse(storedEvent(row)));
}

function rebuildSlots({ reader, slots }: Rebuild, sent: ReadonlyMap<string, string | undefined>): void {
  for (const row of reader.stream(MESSAGES_STREAM)) {
    const { slot, team, channel, threadTs, ts, postingSince, lostReason } = MessageFact.parse(storedEvent(row));
    slots.write({ slot, team, channel, threadTs, ts, postingSince, lostReason, sentHash: sent.get(slot) });
  }
}
