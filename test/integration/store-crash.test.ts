import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { verifyLog } from "../../src/audit/verify-log.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { STORE_DEPS, StoreFolder } from "../support/store-folder.ts";

const CHILD = new URL("../support/store-child.ts", import.meta.url).pathname;

/** Lets another process write until it has said `lines` lines, and kills it in the middle of whatever it does then. */
async function killAfter(
  folder: string,
  { chains, lines }: { chains: number; lines: number },
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [CHILD, folder, String(chains)], { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill("SIGKILL");
  }
  return said.slice(1);
}

describe("a server that is killed", () => {
  let folder: StoreFolder;
  beforeEach(() => {
    folder = new StoreFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  const open = (): Promise<Store> => openStore({ ...STORE_DEPS, dataFolder: folder.path, address: "127.0.0.1:9090" });

  it("loses nothing that it had acknowledged, and leaves no half of a turn", async () => {
    const acknowledged: string[] = [];
    for (const lines of [2, 9, 30, 101, 250]) {
      acknowledged.push(...(await killAfter(folder.path, { chains: 5, lines })));
      await using store = await open();
      expect(verifyLog({ rows: store.log.rows(), people: store.log.people() })).toMatchObject({ status: "intact" });
      for (const [run = "", version] of acknowledged.map((line) => line.split(" "))) {
        expect(store.events.readRun(run).length).toBeGreaterThanOrEqual(Number(version));
      }
      for (const row of store.events.listRuns({ limit: 1000 })) {
        expect(row).toEqual(projectRun(row.id, store.events.readRun(row.id))?.row);
      }
    }
  });

  it("lets go of its data folder, and holds it as long as it lives", async () => {
    const child = spawn(process.execPath, [CHILD, folder.path], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const error = await appErrorOf(open());
    expect(error.code).toBe("store.in-use");
    expect(error.message).toContain(`process ${child.pid}`);
    expect(error.message).toContain("127.0.0.1:8080");
    child.kill("SIGKILL");
    await once(child, "exit");
    await using store = await open();
    expect(store.events.listRuns({ limit: 1 })).toEqual([]);
  });
});
