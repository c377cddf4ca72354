import type { Statement } from "better-sqlite3";
import { and, desc, eq, inArray, sql } from "drizzle-orm";

import type { LockClaim } from "../domain/lock-book.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { LogFact, RunFilter, RunRow } from "../engine/ports.ts";
import type { RunProjection } from "../engine/projection.ts";
import type { Proof } from "../engine/step-kind.ts";
import { shortId } from "../platform/ids.ts";
import type { LogDatabase } from "./database.ts";
import { claims, proofs, runs } from "./schema.ts";

/** The projection of one run, with the events that it newly comes from. */
export interface RunWrite extends RunProjection {
  readonly events: readonly (RunEvent | LogFact)[];
  /** The sequence of `events[index]` in the log. */
  readonly sequenceOf: (index: number) => number;
}

const COLUMNS =
  "id, short_id, command, title, status, services, environments, requester, channel, started_at, changed_at, finished_at, version, shown_version, wake_at, parked";
const CHANGING = [
  "title",
  "status",
  "services",
  "environments",
  "changed_at",
  "finished_at",
  "version",
  "wake_at",
  "parked",
];

// As in the partial indexes of the schema, so that SQLite uses them.
const OPEN = "status IN ('running', 'failing')";
const TO_WAKE = `${OPEN} AND wake_at IS NOT NULL`;

/** The tables `runs`, `claims` and `proofs`: what can be asked of runs without folding them. */
export class RunTables {
  readonly #orm: LogDatabase["orm"];
  readonly #upsert: Statement;
  readonly #dropClaims: Statement<[string]>;
  readonly #addClaim: Statement<[string, string, string, string, number]>;
  readonly #addProof: Statement;
  readonly #shown: Statement<[number, string, number]>;
  readonly #active: Statement<[], string>;
  readonly #unshown: Statement<[], string>;
  readonly #next: Statement<[], { run: string; at: number }>;
  readonly #due: Statement<[number], string>;

  constructor({ sqlite, orm }: LogDatabase) {
    this.#orm = orm;
    this.#upsert = sqlite.prepare(
      `INSERT INTO runs (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET ${CHANGING.map((column) => `${column} = excluded.${column}`).join(", ")}`,
    );
    this.#dropClaims = sqlite.prepare("DELETE FROM claims WHERE run = ?");
    this.#addClaim = sqlite.prepare("INSERT INTO claims (run, path, keys, status, sequence) VALUES (?, ?, ?, ?, ?)");
    this.#addProof = sqlite.prepare(
      `INSERT INTO proofs (sequence, run, app, application_uid, revision, source_digest, proven_at)
       VALUES (@sequence, @run, @app, @applicationUid, @revision, @sourceDigest, @provenAt) ON CONFLICT DO NOTHING`,
    );
    this.#shown = sqlite.prepare("UPDATE runs SET shown_version = ? WHERE id = ? AND shown_version < ?");
    this.#active = prepareIds(sqlite, `${OPEN} AND parked = 0 ORDER BY ordinal`);
    this.#unshown = prepareIds(sqlite, "shown_version < version ORDER BY ordinal");
    this.#due = prepareIds(sqlite, `${TO_WAKE} AND wake_at <= ? ORDER BY wake_at`);
    this.#next = sqlite.prepare(`SELECT id AS run, wake_at AS at FROM runs WHERE ${TO_WAKE} ORDER BY wake_at LIMIT 1`);
  }

  /** Inside a transaction. */
  write(change: RunWrite): void {
    this.#writeRow(change.row);
    this.#dropClaims.run(change.row.id);
    for (const { run, path, keys, status, sequence } of change.claims) {
      this.#addClaim.run(run, path, JSON.stringify(keys), status, sequence);
    }
    for (const proof of change.proofs) {
      const last = change.events.length - 1;
      const proving = change.events.findLastIndex((event) => event.at === proof.provenAt);
      this.#addProof.run({ ...proof, sequence: change.sequenceOf(proving === -1 ? last : proving) });
    }
  }

  /** Inside a transaction. Never goes back. */
  markShown(run: string, version: number): void {
    this.#shown.run(version, run, version);
  }

  row(run: string): RunRow | undefined {
    const row = this.#orm.select().from(runs).where(eq(runs.id, run)).get();
    return row && toRunRow(row);
  }

  find(short: string): RunRow | undefined {
    const row = this.#orm.select().from(runs).where(eq(runs.shortId, short)).orderBy(desc(runs.ordinal)).limit(1).get();
    return row && toRunRow(row);
  }

  list({ service, environment, actor, openOnly, limit }: RunFilter): readonly RunRow[] {
    const rows = this.#orm
      .select()
      .from(runs)
      .where(
        and(
          service === undefined ? undefined : sql`${service} IN (SELECT value FROM json_each(${runs.services}))`,
          environment === undefined
            ? undefined
            : sql`${environment} IN (SELECT value FROM json_each(${runs.environments}))`,
          actor === undefined ? undefined : eq(runs.requester, actor),
          openOnly === true ? inArray(runs.status, ["running", "failing"]) : undefined,
        ),
      )
      .orderBy(desc(runs.ordinal))
      .limit(limit)
      .all();
    return rows.map(toRunRow);
  }

  active(): readonly string[] {
    return this.#active.all();
  }

  unshown(): readonly string[] {
    return this.#unshown.all();
  }

  nextWake(): { readonly run: string; readonly at: number } | undefined {
    return this.#next.get();
  }

  due(nowMs: number): readonly string[] {
    return this.#due.all(nowMs);
  }

  claims(): readonly LockClaim[] {
    return this.#orm.select().from(claims).orderBy(claims.sequence, claims.path).all();
  }

  proofs(app: string, limit: number): readonly Proof[] {
    return this.#orm
      .select({
        run: proofs.run,
        app: proofs.app,
        applicationUid: proofs.applicationUid,
        revision: proofs.revision,
        sourceDigest: proofs.sourceDigest,
        provenAt: proofs.provenAt,
      })
      .from(proofs)
      .where(eq(proofs.app, app))
      .orderBy(desc(proofs.sequence), desc(proofs.provenAt))
      .limit(limit)
      .all();
  }

  #writeRow(row: RunProjection["row"]): void {
    this.#upsert.run(
      row.id,
      shortId(row.id),
      row.command,
      row.title,
      row.status,
      JSON.stringify(row.services),
      JSON.stringify(row.environments),
      row.requester,
      row.channel,
      row.startedAt,
      row.changedAt,
      row.finishedAt ?? null,
      row.version,
      0,
      row.wakeAt ?? null,
      row.parked ? 1 : 0,
    );
  }
}

function prepareIds<Bound extends unknown[]>(
  sqlite: LogDatabase["sqlite"],
  condition: string,
): Statement<Bound, string> {
  return sqlite.prepare<Bound, string>(`SELECT id FROM runs WHERE ${condition}`).pluck();
}

function toRunRow({ ordinal: _ordinal, shortId: _shortId, ...row }: typeof runs.$inferSelect): RunRow {
  return { ...row, finishedAt: row.finishedAt ?? undefined, wakeAt: row.wakeAt ?? undefined };
}
