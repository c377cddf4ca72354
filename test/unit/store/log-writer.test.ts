import { statSync } from "node:fs";

import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { verifyLog } from "../../../src/audit/verify-log.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { createStore, type Store } from "../../../src/store/store.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { STORE_DEPS, StoreFolder } from "../../support/store-folder.ts";

const STARTED = { stream: "server", expectedVersion: -1, events: [{ type: "server.started", at: 1 }] };

describe("a log that another program has locked", () => {
  let folder: StoreFolder;
  let clock: FakeClock;
  let store: Store;
  let other: Database.Database;

  beforeEach(async () => {
    folder = new StoreFolder();
    clock = new FakeClock();
    store = await createStore({ ...STORE_DEPS, clock, busyTimeoutMs: 1000 }, openDatabase(folder.log));
    other = new Database(folder.log, { timeout: 0 });
    other.exec("BEGIN IMMEDIATE");
  });

  afterEach(async () => {
    other.close();
    await store[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it("is waited for, and what is appended meanwhile is committed in order", async () => {
    const first = store.events.append(STARTED);
    await clock.advance(500);
    const second = store.events.append({
      stream: "server",
      expectedVersion: 1,
      events: [{ type: "server.ready", at: 2 }],
    });
    await clock.advance(100);
    expect([...store.log.rows()]).toEqual([]);
    other.exec("COMMIT");
    await clock.advance(100);
    await Promise.all([first, second]);
    expect(Array.from(store.log.rows(), (row) => row.type)).toEqual(["server.started", "server.ready"]);
  });

  it("is waited for so long and no longer", async () => {
    const error = appErrorOf(store.events.append(STARTED));
    await clock.advance(1500);
    expect(await error).toMatchObject({ code: "store.busy", retry: "backoff" });
  });

  it("is waited for anew by what comes after", async () => {
    const error = appErrorOf(store.events.append(STARTED));
    await clock.advance(1500);
    await error;
    const next = store.events.append(STARTED);
    await clock.advance(900);
    other.exec("COMMIT");
    await clock.advance(100);
    await next;
    expect(verifyLog({ rows: store.log.rows() })).toMatchObject({ status: "intact", events: 1 });
  });
});

describe("a store that is closed", () => {
  it("commits what still waited, and refuses what comes after", async () => {
    using folder = new StoreFolder();
    const store = await createStore(STORE_DEPS, openDatabase(folder.log));
    const waiting = store.events.append(STARTED);
    await store[Symbol.asyncDispose]();
    await waiting;
    await store[Symbol.asyncDispose]();
    expect(await appErrorOf(store.events.append(STARTED))).toMatchObject({ code: "store.closed" });
    await settle();
    await using again = await createStore(STORE_DEPS, openDatabase(folder.log));
    expect([...again.log.rows()]).toHaveLength(1);
  });

  it("gives up a commit that another program does not let happen", async () => {
    using folder = new StoreFolder();
    const store = await createStore({ ...STORE_DEPS, busyTimeoutMs: 100 }, openDatabase(folder.log));
    const other = new Database(folder.log);
    other.exec("BEGIN IMMEDIATE");
    const waiting = appErrorOf(store.events.append(STARTED));
    await store[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ code: "store.busy" });
    other.close();
  });
});

describe("a commit", () => {
  it("is one for all that is appended in a turn of the event loop", async () => {
    using folder = new StoreFolder();
    const { sqlite, ...database } = openDatabase(folder.log);
    await using store = await createStore(STORE_DEPS, { sqlite, ...database });
    const checkpoint = sqlite.prepare<[], { log: number }>("PRAGMA wal_checkpoint(TRUNCATE)");
    const pagesOf = async (append: () => Promise<unknown>): Promise<number> => {
      checkpoint.get();
      await append();
      return sqlite.prepare<[], { log: number }>("PRAGMA wal_checkpoint(PASSIVE)").get()?.log ?? 0;
    };
    const together = await pagesOf(() => Promise.all(Array.from({ length: 20 }, () => store.events.append(STARTED))));
    const apart = await pagesOf(async () => {
      for (let turn = 0; turn < 20; turn += 1) await store.events.append(STARTED);
    });
    // Each commit writes every page that it touched once.
    expect(together).toBeLessThan(apart / 4);
  });
});

describe("the write-ahead log", () => {
  it("is written back beside the commits, when it has grown and a moment has passed", async () => {
    using folder = new StoreFolder();
    const clock = new FakeClock();
    await using store = await createStore({ ...STORE_DEPS, clock }, openDatabase(folder.log));
    const many = Array.from({ length: 1000 }, (_, index) => ({ type: "server.started", at: index }));
    const before = statSync(folder.log).size;
    await store.events.append({ stream: "server", expectedVersion: -1, events: many });
    expect(statSync(folder.log).size).toBe(before);
    await clock.advance(100);
    expect(statSync(folder.log).size).toBeGreaterThan(before + 100_000);
  });
});
