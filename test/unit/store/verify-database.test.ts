import { copyFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openLogMoment, openStore } from "../../../src/store/store.ts";
import { verifyDatabase } from "../../../src/store/verify-database.ts";
import { STORE_DEPS, StoreFolder } from "../../support/store-folder.ts";

describe("a log in its database", () => {
  let folder: StoreFolder;
  const happened = { stream: "tests", expectedVersion: -1, events: [{ type: "test.happened", at: 1 }] };

  beforeAll(async () => {
    folder = new StoreFolder();
    await using store = await openStore({ ...STORE_DEPS, dataFolder: folder.path, address: "here" });
    for (let number = 0; number < 20; number += 1) await store.events.append(happened);
  });
  afterAll(() => folder[Symbol.dispose]());

  const copied = (name: string, change: string): string => {
    const copy = join(folder.path, name);
    copyFileSync(folder.log, copy);
    const database = new Database(copy);
    database.unsafeMode();
    database.exec(change);
    database.close();
    return copy;
  };

  it("holds as it was written", () => {
    using opened = openLogMoment(folder.path);
    expect(verifyDatabase(opened.log)).toMatchObject({ status: "intact", events: 20 });
  });

  it("does not hold with an event taken out of an index, although every event is there", () => {
    // Whoever looks up the stream of a run does not see what the index does not name.
    const whole = "CREATE UNIQUE INDEX events_by_stream ON events (stream, version)";
    const copy = copied(
      "index.db",
      `DROP INDEX events_by_stream; ${whole} WHERE version <> 7;
       PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '${whole}' WHERE name = 'events_by_stream'`,
    );
    using opened = openLogMoment(copy);
    expect([...opened.log.rows()]).toHaveLength(20);
    expect(opened.log.stream("tests")).toHaveLength(19);
    expect(verifyDatabase(opened.log)).toMatchObject({
      status: "broken",
      reason: "database",
      message: expect.stringContaining("the database is damaged"),
    });
  });

  it("is refused in words when the shape of its tables is damaged", () => {
    const copy = copied(
      "schema.db",
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE slots |' WHERE name = 'slots'",
    );
    expect(() => openLogMoment(copy)).toThrow(expect.objectContaining({ code: "store.corrupt" }));
  });

  it("is one moment of it, whatever a server adds meanwhile", async () => {
    await using store = await openStore({ ...STORE_DEPS, dataFolder: folder.path, address: "here" });
    using opened = openLogMoment(folder.path);
    expect([...opened.log.rows()]).toHaveLength(20);
    store.people.pseudonymOf("T1", "U1");
    await store.events.append(happened);
    expect([...opened.log.rows()]).toHaveLength(20);
    expect(verifyDatabase(opened.log)).toMatchObject({ status: "intact", events: 20, redacted: { people: 0 } });
  });
});
