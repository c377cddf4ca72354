import type { Statement } from "better-sqlite3";
import { and, desc, eq, getTableColumns, isNull, or, sql } from "drizzle-orm";

import { z } from "zod";

import type { LockClaim } from "../domain/lock-book.ts";
import type { RunFilter, RunRow } from "../engine/ports.ts";
import type { Proof } from "../engine/step-kind.ts";
import type { RunOutline } from "../engine/unreadable-runs.ts";
import { tryJson } from "../platform/try-json.ts";
import type { LogDatabase } from "./database.ts";
import { claims, events, proofs, runs } from "./schema.ts";

// As in the partial index of the schema, so that SQLite uses it.
const OPEN = "finished_at IS NULL";
// Read where it stands, by the index on streams, because it changes with every step.
const IS_NEWEST = and(
  eq(events.stream, runs.id),
  eq(events.version, sql`(SELECT max(version) FROM events WHERE stream = ${runs.id})`),
);
const RUN_ROW = { ...getTableColumns(runs), version: events.version, changedAt: events.at };
const CHANGED_AT = "(SELECT at FROM events WHERE stream = id ORDER BY version DESC LIMIT 1)";
const TO_WAKE = `${OPEN} AND wake_at IS NOT NULL`;

// What keeps clocks right moves them by less than this.
const SET_BACK_MS = 2000;

// The beginning of an id is its time: fewer characters of it name hours.
const SHORTEST_BEGINNING = 8;

interface OpenRow {
  readonly run: string;
  readonly title: string;
  readonly planDigest: string;
  /** Of its first event; null when it was redacted. */
  readonly payload: string | null;
  readonly types: string;
}

const StartedPayload = z.object({ plan: z.unknown() });

/** What can be asked of runs without folding them. Prepared, because building a query costs far more than running it. */
export class RunQueries {
  readonly #orm: LogDatabase["orm"];
  readonly #queries: ReturnType<typeof prepareQueries>;
  readonly #open: Statement<[], OpenRow>;
  readonly #active: Statement<[], string>;
  readonly #unshown: Statement<[], string>;
  readonly #next: Statement<[], { run: string; at: number }>;
  readonly #due: Statement<[number], string>;
  readonly #setBack: Statement<[number, number], string>;

  constructor({ sqlite, orm }: LogDatabase) {
    this.#orm = orm;
    this.#queries = prepareQueries(orm);
    this.#open = sqlite.prepare(
      `SELECT id AS run, title, ifnull(json_extract(payload, '$.planDigest'), id) AS planDigest, payload,
         (SELECT group_concat(DISTINCT type) FROM events WHERE stream = id) AS types
       FROM runs JOIN events ON stream = id AND version = 1 WHERE ${OPEN} ORDER BY ordinal`,
    );
    this.#active = prepareIds(sqlite, `${OPEN} AND parked = 0 ORDER BY ordinal`);
    this.#unshown = prepareIds(sqlite, "unshown = 1 ORDER BY ordinal");
    this.#due = prepareIds(sqlite, `${TO_WAKE} AND wake_at <= ? ORDER BY wake_at`);
    // A gate waits for people, until a moment that was told to them.
    this.#setBack = prepareIds(
      sqlite,
      `${TO_WAKE} AND wake_at > ? AND gates = 0 AND ${CHANGED_AT} > ? ORDER BY wake_at`,
    );
    this.#next = sqlite.prepare(`SELECT id AS run, wake_at AS at FROM runs WHERE ${TO_WAKE} ORDER BY wake_at LIMIT 1`);
  }

  list({ service, environment, openOnly, actor, before, limit }: RunFilter): readonly RunRow[] {
    const rows = this.#orm
      .select(RUN_ROW)
      .from(runs)
      .innerJoin(events, IS_NEWEST)
      .where(
        and(
          service === undefined ? undefined : sql`${service} IN (SELECT value FROM json_each(${runs.services}))`,
          environment === undefined
            ? undefined
            : sql`${environment} IN (SELECT value FROM json_each(${runs.environments}))`,
          openOnly === true ? isNull(runs.finishedAt) : undefined,
          before === undefined ? undefined : sql`${runs.ordinal} < (SELECT ordinal FROM runs WHERE id = ${before})`,
          // The second condition is that of the partial index of the schema, so that SQLite uses it.
          actor === undefined
            ? undefined
            : sql`${runs.id} IN (SELECT stream FROM events WHERE actor = ${actor} AND actor <> '')`,
        ),
      )
      .orderBy(desc(runs.ordinal))
      .limit(limit)
      .all();
    return rows.map(toRunRow);
  }

  find(text: string, limit: number): readonly RunRow[] {
    const { length } = text;
    const { id } = runs;
    const isEnd = sql`substr(${id}, -${length}) = ${text}`;
    const isBeginning = sql`substr(${id}, 5, ${length}) = ${text}`;
    const isNamed = length < SHORTEST_BEGINNING ? isEnd : or(isEnd, isBeginning);
    return this.#orm
      .select(RUN_ROW)
      .from(runs)
      .innerJoin(events, IS_NEWEST)
      .where(isNamed)
      .orderBy(desc(runs.ordinal))
      .limit(limit)
      .all()
      .map(toRunRow);
  }

  *open(): Generator<RunOutline> {
    for (const { types, payload, ...row } of this.#open.iterate()) {
      yield {
        ...row,
        types: types.split(","),
        plan: () => StartedPayload.safeParse(tryJson(payload ?? "")).data?.plan,
      };
    }
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
    return [...this.#due.all(nowMs), ...this.#setBack.all(nowMs, nowMs + SET_BACK_MS)];
  }

  claims(): readonly LockClaim[] {
    return Array.from(this.#queries.claims.all(), ({ within, ...claim }) => {
      return within === null ? claim : { ...claim, within };
    });
  }

  proofs(app: string, limit: number): readonly Proof[] {
    return this.#queries.proofs.all({ app, limit });
  }
}

function prepareQueries(orm: LogDatabase["orm"]) {
  const { ordinal: _ordinal, sequence, ...proof } = getTableColumns(proofs);
  return {
    claims: orm.select().from(claims).orderBy(claims.sequence, claims.path).prepare(),
    proofs: orm
      .select(proof)
      .from(proofs)
      .where(eq(proofs.app, sql.placeholder("app")))
      .orderBy(desc(sequence), desc(proofs.provenAt))
      .limit(sql.placeholder("limit"))
      .prepare(),
  };
}

function prepareIds<Bound extends unknown[]>(
  sqlite: LogDatabase["sqlite"],
  condition: string,
): Statement<Bound, string> {
  return sqlite.prepare<Bound, string>(`SELECT id FROM runs WHERE ${condition}`).pluck();
}

function toRunRow({
  ordinal: _ordinal,
  unshown: _unshown,
  shownVersion: _shownVersion,
  ...row
}: typeof runs.$inferSelect & Pick<RunRow, "version" | "changedAt">): RunRow {
  return { ...row, finishedAt: row.finishedAt ?? undefined, wakeAt: row.wakeAt ?? undefined };
}
