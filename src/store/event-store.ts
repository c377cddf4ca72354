import type { Statement } from "better-sqlite3";
import { z } from "zod";

import type { HandLock } from "../domain/hand-lock.ts";
import type { LockClaim } from "../domain/lock-book.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type {
  Append,
  EventStore,
  HandLockChange,
  Intent,
  PastIntent,
  RunChange,
  RunFilter,
  RunRow,
} from "../engine/ports.ts";
import type { Proof } from "../engine/step-kind.ts";
import type { RunOutline } from "../engine/unreadable-runs.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { LogDatabase } from "./database.ts";
import { type LogReader, parseRunEvent, storedEvent } from "./log-reader.ts";
import type { LogWriter } from "./log-writer.ts";
import type { RunQueries } from "./run-queries.ts";
import type { RunTables } from "./run-tables.ts";
import { type HandLockTable, LOCKS_STREAM } from "./hand-lock-table.ts";
import type { EventSealer } from "./sealed-event.ts";

/** The stream of what people and machines asked for. */
export const INTENTS_STREAM = "intents";
const AT_THE_END = -1;

const IntentReceived = z.strictObject({
  type: z.literal("intent.received"),
  at: z.number(),
  actor: z.string().default(""),
  id: z.string(),
  key: z.string(),
  kind: z.string(),
  body: JsonValue,
});

const IntentSettled = z.object({ type: z.literal("intent.settled"), result: JsonValue });

interface IntentPlace {
  readonly id: string;
  readonly received: number;
  readonly settled: number | null;
}

export interface EventStoreDeps {
  readonly database: LogDatabase;
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly sealer: EventSealer;
  readonly tables: RunTables;
  readonly runs: RunQueries;
  readonly handLocks: HandLockTable;
}

/** The log in SQLite, with its projections in the same transaction. */
export class SqliteEventStore implements EventStore {
  readonly #deps: EventStoreDeps;
  readonly #receive: Statement<[string, string, number, number | null]>;
  readonly #settle: Statement<[number, string]>;
  readonly #open: Statement<[], number>;
  readonly #byKey: Statement<[string], IntentPlace>;
  readonly #byActor: Statement<[string, string, number], number>;

  constructor(deps: EventStoreDeps) {
    this.#deps = deps;
    const { sqlite } = deps.database;
    this.#receive = sqlite.prepare(
      "INSERT INTO intents (id, key, received, settled) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    );
    this.#settle = sqlite.prepare("UPDATE intents SET settled = ? WHERE id = ? AND settled IS NULL");
    this.#open = sqlite
      .prepare<[], number>("SELECT received FROM intents WHERE settled IS NULL ORDER BY received")
      .pluck();
    this.#byActor = sqlite
      .prepare<[string, string, number], number>(
        "SELECT sequence FROM events WHERE actor = ? AND stream = ? ORDER BY sequence DESC LIMIT ?",
      )
      .pluck();
    this.#byKey = sqlite.prepare<[string], IntentPlace>("SELECT id, received, settled FROM intents WHERE key = ?");
  }

  async append({ stream, expectedVersion, events }: Append): Promise<void> {
    const sealed = events.map((event) => this.#deps.sealer.seal(event));
    await this.#deps.writer.transact((log) => void log.append(stream, expectedVersion, sealed));
  }

  async appendRun(change: RunChange): Promise<void> {
    const { stream, expectedVersion, events } = change;
    const sealed = events.map((event) => this.#deps.sealer.seal(event));
    await this.#deps.writer.transact((log) => {
      const first = log.append(stream, expectedVersion, sealed);
      this.#deps.tables.put({ ...change, sequenceOf: (index) => first + index });
    });
  }

  async appendHandLock({ key, lock, fact }: HandLockChange): Promise<void> {
    const { handLocks, sealer, writer } = this.#deps;
    const sealed = [sealer.seal(fact)];
    await writer.transact((log) => {
      log.append(LOCKS_STREAM, AT_THE_END, sealed);
      if (lock === undefined) handLocks.drop(key);
      else handLocks.put(lock);
    });
  }

  readRun(run: string): readonly RunEvent[] {
    return this.#deps.reader.stream(run).map(parseRunEvent);
  }

  listRuns(filter: RunFilter): readonly RunRow[] {
    return this.#deps.runs.list(filter);
  }

  findRuns(text: string, limit: number): readonly RunRow[] {
    return this.#deps.runs.find(text, limit);
  }

  openRuns(): Iterable<RunOutline> {
    return this.#deps.runs.open();
  }

  activeRuns(): readonly string[] {
    return this.#deps.runs.active();
  }

  unshownRuns(): readonly string[] {
    return this.#deps.runs.unshown();
  }

  nextWake(): { readonly at: number } | undefined {
    const run = this.#deps.runs.nextWake();
    const until = this.#deps.handLocks.nextUntil();
    return until === undefined || (run !== undefined && run.at <= until) ? run : { at: until };
  }

  dueRuns(nowMs: number): readonly string[] {
    return this.#deps.runs.due(nowMs);
  }

  markShown(run: string, version: number): void {
    this.#deps.tables.markShown(run, version);
    this.#deps.writer.flushSoon();
  }

  claims(): readonly LockClaim[] {
    return this.#deps.runs.claims();
  }

  handLocks(): readonly HandLock[] {
    return this.#deps.handLocks.all();
  }

  proofs(app: string, limit: number): readonly Proof[] {
    return this.#deps.runs.proofs(app, limit);
  }

  async recordIntent({ id, key, at, actor, kind, body }: Intent, result?: Json): Promise<boolean> {
    const { sealer, writer } = this.#deps;
    const sealed = [sealer.seal({ type: "intent.received", at, actor, id, key, kind, body })];
    if (result !== undefined) sealed.push(sealer.seal({ type: "intent.settled", at, id, result }));
    return writer.transact((log) => {
      const received = log.nextSequence;
      const settled = result === undefined ? null : received + 1;
      if (this.#receive.run(id, key, received, settled).changes === 0) return false;
      log.append(INTENTS_STREAM, AT_THE_END, sealed);
      return true;
    });
  }

  async settleIntent(id: string, result: Json, at: number): Promise<void> {
    const sealed = this.#deps.sealer.seal({ type: "intent.settled", at, id, result });
    await this.#deps.writer.transact((log) => {
      // Settled twice, after a crash between the settling and what came of it: the first result stands.
      if (this.#settle.run(log.nextSequence, id).changes > 0) log.append(INTENTS_STREAM, AT_THE_END, [sealed]);
    });
  }

  intentResult(
    key: string,
  ): { readonly id: string; readonly at: number; readonly result: Json | undefined } | undefined {
    const place = this.#byKey.get(key);
    if (place === undefined) return undefined;
    const { reader } = this.#deps;
    const { id, received, settled } = place;
    const { at } = reader.row(received);
    if (settled === null) return { id, at, result: undefined };
    return { id, at, result: IntentSettled.parse(storedEvent(reader.row(settled))).result };
  }

  intentBody(key: string): Json | undefined {
    const place = this.#byKey.get(key);
    return place && IntentReceived.parse(storedEvent(this.#deps.reader.row(place.received))).body;
  }

  pastIntents(actor: string, limit: number): readonly PastIntent[] {
    return this.#byActor.all(actor, INTENTS_STREAM, limit).map((sequence) => {
      const { at, key, kind, body } = IntentReceived.parse(storedEvent(this.#deps.reader.row(sequence)));
      return { at, actor, key, kind, body, result: this.intentResult(key)?.result };
    });
  }

  openIntents(): readonly Intent[] {
    return this.#open.all().map((sequence) => {
      const { type: _type, ...intent } = IntentReceived.parse(storedEvent(this.#deps.reader.row(sequence)));
      return intent;
    });
  }
}
