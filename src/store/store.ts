import { statSync } from "node:fs";
import { join } from "node:path";

import type { AnchorLog } from "../audit/anchor-log.ts";
import type { EventStore, PeopleStore, SlotStore } from "../engine/ports.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { AtEndOfTurn } from "../platform/turn.ts";
import { SqliteAnchorStore } from "./anchor-store.ts";
import { CommitWatch } from "./commit-watch.ts";
import { lockDataFolder } from "./data-folder-lock.ts";
import { IN_MEMORY, type LogDatabase, openDatabase, openDatabaseToRead } from "./database.ts";
import { SqliteEventStore } from "./event-store.ts";
import { HandLockTable } from "./hand-lock-table.ts";
import { LogFigures } from "./log-figures.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";
import { SqlitePeopleStore } from "./people-store.ts";
import { areProjectionsMissing, type Projector, rebuildProjections } from "./rebuild-projections.ts";
import { RunQueries } from "./run-queries.ts";
import { RunTables } from "./run-tables.ts";
import { EventSealer } from "./sealed-event.ts";
import { storeError } from "./store-error.ts";
import { SqliteSlotStore } from "./slot-store.ts";

const LOG_FILE = "quarterdeck.db";
const BUSY_TIMEOUT_MS = 5000;

/** The log and all that is kept beside it, open for the one server that writes it. Disposing commits what still waits. */
export interface Store extends AsyncDisposable {
  readonly events: EventStore;
  readonly people: PeopleStore;
  readonly slots: SlotStore;
  readonly anchors: AnchorLog;
  readonly log: LogReader;
  readonly commits: Pick<CommitWatch, "listen" | "isFailing">;
  readonly figures: LogFigures;
  /** Derives everything that can be derived from the log anew. */
  rebuildProjections(): Promise<void>;
}

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly atEndOfTurn: AtEndOfTurn;
  readonly projector: Projector;
  /** Hides secrets in everything that is written. */
  readonly mask?: Pick<SecretMask, "text"> | undefined;
  /** How long an append waits for another program that has the database locked; 5 s unless set. */
  readonly busyTimeoutMs?: number;
  /** For how many turns of the event loop a commit may gather what still comes in; one unless set. */
  readonly mostTurnsACommit?: number;
}

export interface DataFolder {
  /** Created when it is not there; `:memory:` leaves nothing behind. */
  readonly dataFolder: string;
  /** Where this server can be reached, for whoever tries to start a second one. */
  readonly address: string;
}

/**
 * Opens the log of a data folder, alone. Throws `store.in-use`, `store.read-only`, `store.full`, `store.corrupt`, `store.newer`,
 * `store.busy`; each message says what to do.
 */
export async function openStore(deps: StoreDeps & DataFolder): Promise<Store> {
  const { dataFolder, address, clock } = deps;
  await using opening = new AsyncDisposableStack();
  const isInMemory = dataFolder === IN_MEMORY;
  if (!isInMemory) opening.use(lockDataFolder({ folder: dataFolder, address, nowMs: clock.now() }));
  const database = openDatabase(isInMemory ? IN_MEMORY : join(dataFolder, LOG_FILE));
  const store = opening.use(await createStore(deps, database));
  const resources = opening.move();
  return { ...store, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Opens the log of a data folder to read it, whether or not a server has it open. Throws `store.missing`, `store.corrupt`, `store.newer`. */
export function openLog(dataFolder: string): { readonly log: LogReader } & Disposable {
  return openReader(join(dataFolder, LOG_FILE));
}

/** One whole moment of the log at `path`, a data folder or a copy of a log, whatever a server adds to it meanwhile. Throws the same. */
export function openLogMoment(path: string): { readonly log: LogReader } & Disposable {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return openReader(isFolder ? join(path, LOG_FILE) : path, (database) => database.sqlite.exec("BEGIN"));
}

function openReader(
  file: string,
  prepare: (database: LogDatabase) => void = () => undefined,
): { readonly log: LogReader } & Disposable {
  const database = openDatabaseToRead(file);
  const close = (): void => void database.sqlite.close();
  try {
    prepare(database);
    return { log: new LogReader(database), [Symbol.dispose]: close };
  } catch (error) {
    // Some damage shows only when the tables are looked at.
    close();
    throw storeError(error, file);
  }
}

/** The store on an open database, which it closes; derives what is derived from the log when that is missing. */
export async function createStore(deps: StoreDeps, database: LogDatabase): Promise<Store> {
  const { clock, random, atEndOfTurn, projector, mask, mostTurnsACommit, busyTimeoutMs = BUSY_TIMEOUT_MS } = deps;
  await using opening = new AsyncDisposableStack();
  opening.defer(() => void database.sqlite.close());
  const writer = opening.use(new LogWriter({ database, clock, atEndOfTurn, busyTimeoutMs, mostTurnsACommit }));
  const commits = new CommitWatch(clock);
  writer.carry(commits);
  const reader = new LogReader(database);
  const sealer = new EventSealer({ random, mask });
  const tables = new RunTables(database);
  writer.carry(tables);
  const handLocks = new HandLockTable(database);
  const slots = new SqliteSlotStore({ database, writer, sealer });
  const rebuild = (): Promise<void> =>
    writer.transact(() => rebuildProjections({ database, reader, tables, slots, handLocks, projector }));
  if (areProjectionsMissing(database)) await rebuild();
  const resources = opening.move();
  return {
    events: new SqliteEventStore({
      database,
      writer,
      reader,
      sealer,
      tables,
      runs: new RunQueries(database),
      handLocks,
    }),
    people: new SqlitePeopleStore({ database, writer, sealer, clock }),
    slots,
    anchors: new SqliteAnchorStore({ database, writer, reader, sealer }),
    log: reader,
    commits,
    figures: new LogFigures(database),
    rebuildProjections: rebuild,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
