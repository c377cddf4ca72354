import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

import { expect, it, onTestFinished } from "vitest";

import { verifyLog } from "../../src/audit/verify-log.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { openStore } from "../../src/store/store.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../support/run-sample.ts";
import { STORE_DEPS, StoreFolder } from "../support/store-folder.ts";

const CHILD = new URL("../support/store-child.ts", import.meta.url).pathname;
const CHAINS = 5;
const BACKUPS = 4;

it("a backup that is made while the server writes holds all that was acknowledged before it, whole, and goes on", async () => {
  const folder = new StoreFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  const child = spawn(process.execPath, [CHILD, folder.path, String(CHAINS)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void acknowledged.push(line));
  for (let number = 1; number <= BACKUPS; number += 1) {
    while (acknowledged.length < number * 60) await once(child.stdout, "data");
    const before = acknowledged.filter((line) => line.startsWith("run_"));
    const copy = join(folder.path, `backup-${number}`);
    mkdirSync(copy);
    // In a turn of its own, as the commands of the operating chapter do it: the server goes on writing meanwhile.
    const source = new DatabaseSync(folder.log, { readOnly: true });
    source.prepare("vacuum into ?").run(join(copy, "quarterdeck.db"));
    source.close();
    await using store = await openStore({ ...STORE_DEPS, dataFolder: copy, address: "127.0.0.1:9090" });
    expect(verifyLog({ rows: store.log.rows(), people: store.log.people() })).toMatchObject({ status: "intact" });
    for (const [run = "", version] of before.map((line) => line.split(" "))) {
      expect(store.events.readRun(run).length).toBeGreaterThanOrEqual(Number(version));
    }
    for (const row of store.events.listRuns({ limit: 1000 })) {
      expect(row).toEqual(projectRun(row.id, store.events.readRun(row.id))?.row);
    }
    const run = sampleRunId();
    await store.events.appendRun(sampleTurn(run, sampleEvents().slice(0, 1)));
    expect(store.events.readRun(run)).toHaveLength(1);
  }
  expect(child.exitCode).toBeNull();
});
