import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { openDatabase, openDatabaseToRead } from "../../../src/store/database.ts";
import { StoreFolder } from "../../support/store-folder.ts";

function codeOf(open: () => unknown): string | undefined {
  try {
    open();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

function alter(file: string, ...pragmas: string[]): void {
  const sqlite = new Database(file);
  for (const pragma of pragmas) sqlite.pragma(pragma);
  sqlite.close();
}

describe("openDatabase", () => {
  let folder: StoreFolder;
  beforeEach(() => {
    folder = new StoreFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  it("commits to the disk, for the owner of the file only", () => {
    const { sqlite } = openDatabase(folder.log);
    expect(sqlite.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(sqlite.pragma("synchronous", { simple: true })).toBe(2);
    expect(sqlite.pragma("foreign_keys", { simple: true })).toBe(1);
    for (const suffix of ["", "-wal"]) expect(statSync(folder.log + suffix).mode & 0o777).toBe(0o600);
    sqlite.close();
  });

  it("opens a log again, and takes from others what a careless copy let them read", () => {
    openDatabase(folder.log).sqlite.close();
    const version = (): unknown => {
      const { sqlite } = openDatabase(folder.log);
      const known = sqlite.pragma("user_version", { simple: true });
      sqlite.close();
      return known;
    };
    chmodSync(folder.log, 0o644);
    expect(version()).toBe(version());
    expect(statSync(folder.log).mode & 0o077).toBe(0);
  });

  it("refuses what is no database, and what is another program's", () => {
    writeFileSync(folder.log, "these are not the bytes of a database, however long they go on ".repeat(20));
    expect(codeOf(() => openDatabase(folder.log))).toBe("store.corrupt");
    const other = join(folder.path, "other.db");
    const sqlite = new Database(other);
    sqlite.exec("CREATE TABLE notes (text)");
    sqlite.close();
    expect(codeOf(() => openDatabase(other))).toBe("store.corrupt");
  });

  it("refuses the log of a newer version and changes nothing in it", () => {
    openDatabase(folder.log).sqlite.close();
    alter(folder.log, "user_version = 999");
    expect(codeOf(() => openDatabase(folder.log))).toBe("store.newer");
    expect(codeOf(() => openDatabaseToRead(folder.log))).toBe("store.newer");
  });

  it("goes on where it was killed while it made the log", () => {
    openDatabase(folder.log).sqlite.close();
    alter(folder.log, "user_version = 0");
    expect(codeOf(() => openDatabaseToRead(folder.log))).toBe("store.older");
    openDatabase(folder.log).sqlite.close();
    expect(codeOf(() => openDatabaseToRead(folder.log).sqlite.close())).toBeUndefined();
  });
});

describe("openDatabaseToRead", () => {
  it("does not make a log that is not there", () => {
    using folder = new StoreFolder();
    expect(codeOf(() => openDatabaseToRead(folder.log))).toBe("store.missing");
  });

  it("cannot write", () => {
    using folder = new StoreFolder();
    openDatabase(folder.log).sqlite.close();
    const { sqlite } = openDatabaseToRead(folder.log);
    expect(() => sqlite.exec("DELETE FROM events")).toThrow("readonly");
    sqlite.close();
  });
});
