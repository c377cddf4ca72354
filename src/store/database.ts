import { chmodSync, closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { z } from "zod";

import { AppError } from "../platform/errors.ts";
import { storeError } from "./store-error.ts";

/** The open database: `sqlite` for what is hot, `orm` for the rest, both on one connection. */
export interface LogDatabase {
  readonly file: string;
  readonly sqlite: Database.Database;
  readonly orm: BetterSQLite3Database;
}

/** For tests: a database that is gone when it is closed. */
export const IN_MEMORY = ":memory:";

// "QDek": marks the file as ours, so that somebody else's database is never migrated by mistake.
const APPLICATION_ID = 0x51_44_65_6b;
// While it is opened nothing else has to go on, so the waiting for others is left to SQLite.
const OPENING_BUSY_MS = 1000;
const MIGRATIONS = fileURLToPath(new URL("migrations", import.meta.url));
const Journal = z.object({ entries: z.array(z.object({ tag: z.string() })) });

/**
 * Opens the log, creates it when it is not there, and brings it to this program's version.
 * Throws `store.corrupt`, `store.newer`, `store.read-only`, `store.full`, `store.busy`.
 */
export function openDatabase(file: string): LogDatabase {
  return opened(file, () => {
    makePrivate(file);
    const sqlite = new Database(file, { timeout: OPENING_BUSY_MS });
    return closingOnError(sqlite, () => {
      const migrations = countMigrations();
      checkOrigin({ sqlite, file, migrations });
      sqlite.pragma(`application_id = ${APPLICATION_ID}`);
      // FULL: a commit returns when it is on the disk, so that nothing is acknowledged that a power cut takes back.
      for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]) sqlite.pragma(pragma);
      const orm = drizzle(sqlite);
      migrate(orm, { migrationsFolder: MIGRATIONS });
      sqlite.pragma(`user_version = ${migrations}`);
      return { file, sqlite, orm };
    });
  });
}

/** Opens the log to read it, which may be done while a server writes to it. Throws as `openDatabase` does, and `store.missing`, `store.older`. */
export function openDatabaseToRead(file: string): LogDatabase {
  return opened(file, () => {
    if (!existsSync(file)) {
      throw new AppError(`there is no log at ${file}: name the data folder of a server`, { code: "store.missing" });
    }
    const sqlite = new Database(file, { timeout: OPENING_BUSY_MS, readonly: true, fileMustExist: true });
    return closingOnError(sqlite, () => {
      const migrations = countMigrations();
      checkOrigin({ sqlite, file, migrations });
      if (userVersion(sqlite) < migrations) {
        throw new AppError(`${file} is from an older version: start the server once, it brings the log up to date`, {
          code: "store.older",
        });
      }
      return { file, sqlite, orm: drizzle(sqlite) };
    });
  });
}

function opened(file: string, open: () => LogDatabase): LogDatabase {
  try {
    return open();
  } catch (error) {
    throw storeError(error, file);
  }
}

function closingOnError(sqlite: Database.Database, action: () => LogDatabase): LogDatabase {
  try {
    return action();
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** SQLite gives its side files the mode of the database. */
export function makePrivate(file: string): void {
  if (file === IN_MEMORY) return;
  // Closing any other descriptor of an open database would drop its POSIX locks, so an existing file is not opened here.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

interface Opened {
  readonly sqlite: Database.Database;
  readonly file: string;
  readonly migrations: number;
}

function checkOrigin({ sqlite, file, migrations }: Opened): void {
  const isEmpty = z.number().parse(sqlite.pragma("schema_version", { simple: true })) === 0;
  if (isEmpty) return;
  if (sqlite.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new AppError(`${file} is a database of another program: name another data folder with QUARTERDECK_DATA`, {
      code: "store.corrupt",
    });
  }
  const version = userVersion(sqlite);
  if (version <= migrations) return;
  throw new AppError(
    `${file} was written by a newer version (log version ${version}, this program knows ${migrations}): install that version again`,
    { code: "store.newer", details: { version, known: migrations } },
  );
}

function userVersion(sqlite: Database.Database): number {
  return z.number().parse(sqlite.pragma("user_version", { simple: true }));
}

function countMigrations(): number {
  const journal: unknown = JSON.parse(readFileSync(join(MIGRATIONS, "meta", "_journal.json"), "utf8"));
  return Journal.parse(journal).entries.length;
}
