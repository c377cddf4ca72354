import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { SlotRecord } from "../../../src/engine/ports.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { createStore, type Store } from "../../../src/store/store.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../../support/run-sample.ts";
import { STORE_DEPS, StoreFolder } from "../../support/store-folder.ts";

const AT = Date.UTC(2026, 0, 1, 10);
const APP = "argocd/apps/checkout-prod";
const SLOT: SlotRecord = {
  slot: "run_1/card",
  team: "T1",
  channel: "C1",
  threadTs: "16.1",
  ts: undefined,
  sentHash: undefined,
  postingSince: AT,
  lostReason: undefined,
};
const PROJECTIONS = ["runs", "claims", "proofs", "intents", "slots"];

describe("projections", () => {
  let folder: StoreFolder;
  let store: Store;

  beforeEach(async () => {
    folder = new StoreFolder();
    store = await createStore(STORE_DEPS, openDatabase(folder.log));
    await tell();
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  /** Two runs turn by turn, one of them still open, with intents and messages in between. */
  async function tell(): Promise<void> {
    const [ended, open] = [sampleRunId(), sampleRunId()];
    for (let count = 1; count <= 7; count += 1) {
      await store.events.appendRun(sampleTurn(ended, sampleEvents().slice(0, count)));
      if (count <= 4)
        await store.events.appendRun(sampleTurn(open, sampleEvents({ order: 2, at: AT - 1 }).slice(0, count)));
      await store.events.recordIntent({
        id: `int_${count}`,
        key: `key-${count}`,
        at: AT,
        actor: "p_1",
        kind: "slash",
        body: { count },
      });
    }
    await store.events.settleIntent("int_3", { run: ended }, AT);
    await store.slots.save(SLOT, AT);
    await store.slots.save({ ...SLOT, ts: "17.1", postingSince: undefined, sentHash: "hash" }, AT);
    store.events.markShown(ended, 7);
    await store.events.append({ stream: "server", expectedVersion: -1, events: [{ type: "server.ready", at: AT }] });
  }

  const projected = () => ({
    runs: store.events.listRuns({ limit: 10 }),
    active: store.events.activeRuns(),
    unshown: store.events.unshownRuns(),
    wake: store.events.nextWake(),
    claims: store.events.claims(),
    proofs: store.events.proofs(APP, 10),
    intents: store.events.openIntents(),
    slot: store.slots.slot(SLOT.slot),
  });

  async function reopenWithout(...tables: string[]): Promise<void> {
    await store[Symbol.asyncDispose]();
    const database = openDatabase(folder.log);
    for (const table of tables) database.sqlite.exec(`DELETE FROM ${table}`);
    store = await createStore(STORE_DEPS, database);
  }

  it("are what they were after a restart", async () => {
    const before = projected();
    await reopenWithout();
    expect(projected()).toEqual(before);
  });

  it("are the same when they are derived from the log anew", async () => {
    const before = projected();
    await store.rebuildProjections();
    expect(projected()).toEqual(before);
    await store.rebuildProjections();
    expect(projected()).toEqual(before);
  });

  it("are derived anew when they are gone; what Slack was last told is then told again", async () => {
    const before = projected();
    await reopenWithout(...PROJECTIONS);
    const after = projected();
    expect(after).toEqual({
      ...before,
      unshown: before.runs.map((row) => row.id).toReversed(),
      slot: { ...before.slot, sentHash: undefined },
    });
  });

  it("still know the keys of intents when they were derived anew", async () => {
    await reopenWithout(...PROJECTIONS);
    const again = { id: "int_9", key: "key-3", at: AT, actor: "p_1", kind: "slash", body: null };
    expect(await store.events.recordIntent(again)).toBe(false);
  });

  it("stay as they are when they cannot be derived", async () => {
    const before = projected();
    await store.events.append({
      stream: sampleRunId(),
      expectedVersion: 0,
      events: [{ type: "run.finished", at: AT, status: "failed" }],
    });
    expect(await appErrorOf(store.rebuildProjections())).toMatchObject({ code: "store.unreadable" });
    expect(projected()).toEqual(before);
  });

  it("go on where the log ends", async () => {
    await reopenWithout(...PROJECTIONS);
    const run = store.events.activeRuns()[0] ?? "";
    const events = sampleEvents({ order: 2, at: AT - 1 });
    for (const count of [5, 6, 7]) await store.events.appendRun(sampleTurn(run, events.slice(0, count)));
    const row = store.events.listRuns({ limit: 10 }).find(({ id }) => id === run);
    expect(row).toMatchObject({ status: "succeeded", version: 7 });
    expect(store.events.claims()).toEqual([]);
    expect(store.events.proofs(APP, 10)).toHaveLength(2);
  });
});
