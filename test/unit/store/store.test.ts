import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { verifyLog } from "../../../src/audit/verify-log.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { openStore } from "../../../src/store/store.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../../support/run-sample.ts";
import { STORE_DEPS, StoreFolder } from "../../support/store-folder.ts";

describe("openStore", () => {
  it("makes the data folder and its log, and gives both free when it is closed", async () => {
    using parent = new StoreFolder();
    const deps = { ...STORE_DEPS, dataFolder: join(parent.path, "data"), address: "127.0.0.1:8080" };
    const store = await openStore(deps);
    await store.events.append({ stream: "server", expectedVersion: 0, events: [{ type: "server.started", at: 1 }] });
    expect(await appErrorOf(openStore(deps))).toMatchObject({ code: "store.in-use" });
    await store[Symbol.asyncDispose]();
    await using again = await openStore(deps);
    expect([...again.log.rows()]).toHaveLength(1);
  });

  it("gives the data folder free when its log cannot be opened", async () => {
    using folder = new StoreFolder();
    const deps = { ...STORE_DEPS, dataFolder: folder.path, address: "127.0.0.1:8080" };
    const { sqlite } = openDatabase(folder.log);
    sqlite.pragma("user_version = 999");
    expect(await appErrorOf(openStore(deps))).toMatchObject({ code: "store.newer" });
    sqlite.pragma("user_version = 1");
    sqlite.close();
    await using store = await openStore(deps);
    expect([...store.log.rows()]).toEqual([]);
  });

  it("does not take a file for a data folder", async () => {
    using folder = new StoreFolder();
    const file = join(folder.path, "file");
    writeFileSync(file, "");
    const deps = { ...STORE_DEPS, dataFolder: file, address: "127.0.0.1:8080" };
    expect(await appErrorOf(openStore(deps))).toMatchObject({ code: "store.read-only" });
  });

  it("leaves nothing behind in memory", async () => {
    const deps = { ...STORE_DEPS, dataFolder: ":memory:", address: "test" };
    await using store = await openStore(deps);
    await using other = await openStore(deps);
    await store.events.append({ stream: "server", expectedVersion: 0, events: [{ type: "server.started", at: 1 }] });
    expect([...other.log.rows()]).toEqual([]);
    expect(existsSync(":memory:")).toBe(false);
  });

  it("keeps more runs going than it remembers things about", async () => {
    await using store = await openStore({ ...STORE_DEPS, dataFolder: ":memory:", address: "test" });
    const runs = Array.from({ length: 1200 }, sampleRunId);
    for (const count of [2, 3]) {
      const turn = (run: string, order: number) =>
        sampleTurn(run, sampleEvents({ order }).slice(0, count), count === 2 ? 2 : 1);
      await Promise.all(runs.map((run, order) => store.events.appendRun(turn(run, order))));
    }
    expect(verifyLog({ rows: store.log.rows() })).toMatchObject({ status: "intact", events: 3600 });
    expect(store.events.claims().map(({ run }) => run)).toEqual(runs);
    expect(store.events.claims().every(({ status }) => status === "held")).toBe(true);
    expect(store.events.unshownRuns()).toEqual(runs);
  });

  it("keeps in which others the locks of a run stand", async () => {
    await using store = await openStore({ ...STORE_DEPS, dataFolder: ":memory:", address: "test" });
    const run = sampleRunId();
    const claim = { run, keys: ["k"], status: "held", isUrgent: false } as const;
    const claims = [
      { ...claim, path: "a", sequence: 1 },
      { ...claim, path: "b", sequence: 2, within: ["a"] },
      { ...claim, path: "c", sequence: 3, within: [] },
    ];
    await store.events.appendRun({ ...sampleTurn(run, sampleEvents({ order: 1 }).slice(0, 2), 2), claims });
    expect(store.events.claims()).toEqual(claims);
  });
});
