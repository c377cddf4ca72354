import { execFile } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";

import Database from "better-sqlite3";
import { expect, it } from "vitest";

import { newId, systemRandom } from "../../src/platform/ids.ts";
import { EngineRig } from "../support/engine-rig.ts";
import { settle } from "../support/fake-clock.ts";
import { RULE, startedEvent } from "../support/run-spec.ts";
import { StoreFolder } from "../support/store-folder.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

it("has a migration for everything that the schema of the log says", async () => {
  using folder = new StoreFolder();
  const copy = join(folder.path, "migrations");
  cpSync(join(ROOT, "src/store/migrations"), copy, { recursive: true });
  const before = readdirSync(copy);
  const kit = join(ROOT, "node_modules/drizzle-kit/bin.cjs");
  const options = ["generate", "--dialect", "sqlite", "--schema", "src/store/schema.ts", "--out", relative(ROOT, copy)];
  const { stdout } = await promisify(execFile)(process.execPath, [kit, ...options], { cwd: ROOT });
  expect(stdout).toContain("No schema changes");
  expect(readdirSync(copy)).toEqual(before);
});

it("counts the gates that wait in a log from before they were counted, and tells Slack nothing twice", async () => {
  using folder = new StoreFolder();
  const older = await EngineRig.open(folder.path);
  const { type: _type, at: _at, actor: _actor, ...atGate } = startedEvent([{ name: "prod", approval: RULE }]);
  const [waiting, atWork] = [newId("run", 1, systemRandom), newId("run", 2, systemRandom)];
  await older.runs.start({ ...atGate, run: waiting, actor: "p_ana" });
  await older.runs.start({ ...atGate, ...startedEvent([{ name: "staging" }]), run: atWork, actor: "p_ana" });
  await settle();
  for (const run of [waiting, atWork]) older.store.events.markShown(run, older.runs.state(run).version);
  await older[Symbol.asyncDispose]();
  const sqlite = new Database(folder.log);
  // As the first migration left it.
  sqlite.exec(`DROP INDEX events_by_actor; DROP INDEX runs_at_gates; ALTER TABLE runs DROP COLUMN gates;
    ALTER TABLE claims DROP COLUMN within;
    DELETE FROM __drizzle_migrations WHERE created_at > (SELECT min(created_at) FROM __drizzle_migrations);
    PRAGMA user_version = 1`);
  sqlite.close();

  await using newer = await EngineRig.open(folder.path);
  expect(newer.store.figures.gatesWaiting()).toBe(1);
  expect(newer.store.events.unshownRuns()).toEqual([]);
});
