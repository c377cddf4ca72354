import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/*
 * After a change here: `npx drizzle-kit generate --dialect sqlite --schema src/store/schema.ts --out src/store/migrations --name WHAT`.
 * Read what it wrote. A migration that changes the shape of a projection deletes the rows of all projections; they are
 * rebuilt when the store is opened.
 */

/**
 * The log. Rows are only ever added; redaction sets `salt` and `payload` to NULL.
 * @public It is here for drizzle-kit; it is written and read by prepared statements.
 */
export const events = sqliteTable(
  "events",
  {
    sequence: integer().primaryKey(),
    at: integer().notNull(),
    stream: text().notNull(),
    version: integer().notNull(),
    type: text().notNull(),
    actor: text().notNull(),
    commitment: text().notNull(),
    hash: text().notNull(),
    salt: text(),
    payload: text(),
  },
  (table) => [
    uniqueIndex("events_by_stream").on(table.stream, table.version),
    // What people did; steps go on without anybody, so it costs their commits nothing.
    index("events_by_actor")
      .on(table.actor, table.stream)
      .where(sql`actor <> ''`),
  ],
);

/**
 * The only place where people can be recognised. Not a projection: a deleted row is a redacted person.
 * @public It is here for drizzle-kit.
 */
export const people = sqliteTable(
  "people",
  {
    pseudonym: text().primaryKey(),
    team: text().notNull(),
    user: text().notNull(),
    salt: text().notNull(),
  },
  (table) => [uniqueIndex("people_by_user").on(table.team, table.user)],
);

/**
 * Projection of the stream `intents`; `received` and `settled` are sequences of events.
 * @public It is here for drizzle-kit.
 */
export const intents = sqliteTable(
  "intents",
  {
    id: text().primaryKey(),
    key: text().notNull().unique(),
    received: integer().notNull(),
    settled: integer(),
  },
  (table) => [
    index("intents_open")
      .on(table.received)
      .where(sql`settled IS NULL`),
  ],
);

/**
 * Projection of the streams of runs. `ordinal` is the order in which they started. What changes with every event (the version,
 * the moment) stands in the events only, so that most steps of a run change nothing here.
 */
export const runs = sqliteTable(
  "runs",
  {
    ordinal: integer().primaryKey(),
    id: text().notNull().unique(),
    command: text().notNull(),
    title: text().notNull(),
    status: text({
      enum: ["running", "failing", "cancelling", "concluding", "succeeded", "failed", "cancelled"],
    }).notNull(),
    services: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    environments: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    requester: text().notNull(),
    channel: text().notNull(),
    startedAt: integer("started_at").notNull(),
    finishedAt: integer("finished_at"),
    shownVersion: integer("shown_version").notNull(),
    unshown: integer({ mode: "boolean" }).notNull(),
    wakeAt: integer("wake_at"),
    parked: integer({ mode: "boolean" }).notNull(),
    gates: integer().notNull().default(0),
  },
  (table) => [
    // Few and narrow on purpose: every index on what changes with each step is one more page in each commit.
    index("runs_open")
      .on(table.wakeAt, table.parked)
      .where(sql`finished_at IS NULL`),
    index("runs_at_gates")
      .on(table.gates)
      .where(sql`gates > 0`),
    index("runs_unshown")
      .on(table.ordinal)
      .where(sql`unshown = 1`),
  ],
);

/** Projection of the streams of runs; `sequence` is that of the event which asked for the lock. */
export const claims = sqliteTable(
  "claims",
  {
    run: text().notNull(),
    path: text().notNull(),
    keys: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    status: text({ enum: ["requested", "held"] }).notNull(),
    sequence: integer().notNull(),
    isUrgent: integer("is_urgent", { mode: "boolean" }).notNull(),
    /** Null where every other claim of the run is around it, or there is none. */
    within: text({ mode: "json" }).$type<readonly string[]>(),
  },
  (table) => [primaryKey({ columns: [table.run, table.path] })],
);

/**
 * Projection of the stream `locks`: the hand locks that are set now.
 * @public It is here for drizzle-kit; it is written and read by prepared statements.
 */
export const handLocks = sqliteTable("hand_locks", {
  key: text().primaryKey(),
  owner: text().notNull(),
  reason: text().notNull(),
  since: integer().notNull(),
  until: integer(),
  run: text(),
});

/** Projection of the streams of runs; `sequence` is that of the event which proves. */
export const proofs = sqliteTable(
  "proofs",
  {
    ordinal: integer().primaryKey(),
    sequence: integer().notNull(),
    run: text().notNull(),
    app: text().notNull(),
    applicationUid: text("application_uid").notNull(),
    revision: text().notNull(),
    sourceDigest: text("source_digest").notNull(),
    provenAt: integer("proven_at").notNull(),
  },
  (table) => [
    index("proofs_by_app").on(table.app, table.sequence),
    uniqueIndex("proofs_once").on(table.run, table.app, table.revision, table.provenAt),
  ],
);

/** Projection of the stream `messages`, but for `sent_hash`: what Slack was last told can be told again. */
export const slots = sqliteTable(
  "slots",
  {
    slot: text().primaryKey(),
    team: text().notNull(),
    channel: text().notNull(),
    threadTs: text("thread_ts"),
    ts: text(),
    sentHash: text("sent_hash"),
    postingSince: integer("posting_since"),
    lostReason: text("lost_reason"),
  },
  (table) => [index("slots_by_message").on(table.team, table.channel, table.ts)],
);
