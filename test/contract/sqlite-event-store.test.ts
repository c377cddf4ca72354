import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { projectRun } from "../../src/engine/projection.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { IN_MEMORY, openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/store.ts";
import { eventStoreContract, type StoreUnderTest } from "./event-store.contract.ts";

async function openOn(file: string, cleanUp: () => void): Promise<StoreUnderTest> {
  const database = openDatabase(file);
  let turns = 0;
  const store = await createStore(
    {
      clock: systemClock,
      random: systemRandom,
      projector: projectRun,
      atEndOfTurn: (action) => {
        turns += 1;
        atEndOfTurn(action);
      },
    },
    database,
  );
  return {
    store,
    turns: () => turns,
    fillDisk() {
      database.sqlite.pragma("max_page_count = 1");
      return { [Symbol.dispose]: () => void database.sqlite.pragma("max_page_count = 1000000") };
    },
    refuseWrites() {
      database.sqlite.pragma("query_only = ON");
      return { [Symbol.dispose]: () => void database.sqlite.pragma("query_only = OFF") };
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      cleanUp();
    },
  };
}

eventStoreContract("in memory", () => openOn(IN_MEMORY, () => undefined));

eventStoreContract("in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-store-"));
  return openOn(join(folder, "quarterdeck.db"), () => rmSync(folder, { recursive: true }));
});
