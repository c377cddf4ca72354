import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { IN_MEMORY, type LogDatabase, openDatabase } from "../../../src/store/database.ts";
import { createStore, openLog, openStore, type Store } from "../../../src/store/store.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../../support/run-sample.ts";
import { STORE_DEPS, StoreFolder } from "../../support/store-folder.ts";

const facts = (count: number) => ({
  stream: "server",
  expectedVersion: -1,
  events: Array.from({ length: count }, (_, index) => ({ type: `fact.${index + 1}`, at: index })),
});

describe("the log as it is stored", () => {
  let database: LogDatabase;
  let store: Store;
  beforeEach(async () => {
    database = openDatabase(IN_MEMORY);
    store = await createStore(STORE_DEPS, database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  it("is read from anywhere, as far as wanted, however long it is", async () => {
    await store.events.append(facts(2500));
    const sequences = (range?: { from?: number; limit?: number }) =>
      Array.from(store.log.rows(range), (row) => row.sequence);
    expect(sequences()).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
    expect(sequences({ from: 2499 })).toEqual([2499, 2500]);
    expect(sequences({ from: 999, limit: 3 })).toEqual([999, 1000, 1001]);
    expect(sequences({ limit: 0 })).toEqual([]);
  });

  it("may be written to while it is read", async () => {
    await store.events.append(facts(1));
    const rows = store.log.rows();
    expect(rows.next().value).toMatchObject({ sequence: 1 });
    await store.events.append(facts(1));
    expect(rows.next().value).toMatchObject({ sequence: 2 });
  });

  it("names the event of a run that cannot be read", async () => {
    const run = sampleRunId();
    await store.events.appendRun(sampleTurn(run, sampleEvents().slice(0, 1)));
    await store.events.append({ stream: run, expectedVersion: 1, events: [{ type: "run.improved", at: 1 }] });
    expect(() => store.events.readRun(run)).toThrow(
      expect.objectContaining({ code: "store.unreadable", details: { sequence: 2 } }),
    );
    database.sqlite.exec("UPDATE events SET payload = NULL, salt = NULL WHERE sequence = 1");
    expect(() => store.events.readRun(run)).toThrow(
      expect.objectContaining({ code: "store.redacted", details: { sequence: 1 } }),
    );
  });

  it("says when an event that must be there is not", async () => {
    const intent = { id: "int_1", key: "key", at: 1, actor: "p_1", kind: "slash", body: null };
    await store.events.recordIntent(intent);
    database.sqlite.exec("DELETE FROM events");
    expect(() => store.events.openIntents()).toThrow(expect.objectContaining({ code: "store.missing-event" }));
  });
});

describe("openLog", () => {
  it("reads what a server writes while it writes", async () => {
    using folder = new StoreFolder();
    await using store = await openStore({ ...STORE_DEPS, dataFolder: folder.path, address: "test" });
    await store.events.append(facts(1));
    using reading = openLog(folder.path);
    expect([...reading.log.rows()]).toHaveLength(1);
    store.people.pseudonymOf("T1", "U1");
    await store.events.append(facts(1));
    expect([...reading.log.rows()]).toHaveLength(3);
    expect(reading.log.people()).toHaveLength(1);
  });
});
