import { join } from "node:path";

import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { verifyLog } from "../../src/audit/verify-log.ts";
import { ANA, AppRig } from "../support/app-rig.ts";

/** What another program does that has the log open and forgets to close its transaction. */
class Lock implements Disposable {
  readonly #database: Database.Database;

  constructor(dataFolder: string) {
    this.#database = new Database(join(dataFolder, "quarterdeck.db"), { timeout: 5000 });
    this.#database.exec("BEGIN IMMEDIATE");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

describe("a log that another program has locked", () => {
  let rig: AppRig;
  beforeAll(async () => {
    rig = await AppRig.open();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const runs = (): readonly string[] =>
    rig.application.store.events.listRuns({ limit: 10 }).map(({ title, status }) => `${title}: ${status}`);
  const asked = (): number =>
    [...rig.application.store.log.rows()].filter(({ type }) => type === "intent.received").length;

  it("for a moment delays a command, and whoever typed it is told so in time", async () => {
    const lock = new Lock(rig.world.dataFolder);
    const shown = await rig.type(ANA, "/promote checkout abc123 to prod");
    lock[Symbol.dispose]();
    expect(shown).toBe(
      "Quarterdeck is slow to write this down at the moment. If nothing appears within a minute, try again; the same thing is never started twice.",
    );
    await rig.told(ANA, /^Looking into it/u);
    await rig.gate();
    expect(runs()).toEqual([expect.stringMatching(/^Promote checkout \w+ to prod: running$/u)]);
  });

  it("for long refuses the command, and nothing of it is left; what waits for people is not touched", async () => {
    const before = asked();
    const lock = new Lock(rig.world.dataFolder);
    await rig.type(ANA, "/promote web main to prod");
    const told = await rig.told(ANA, /did not happen/u);
    lock[Symbol.dispose]();
    expect(told.text).toBe("This could not be written down, so it did not happen. Try again in a moment.");
    expect(asked()).toBe(before);
    expect(runs()).toHaveLength(1);
  });

  it("is used again as soon as it is free", async () => {
    expect(await rig.type(ANA, "/promote web main to staging")).toMatch(/^Looking into it/u);
    await rig.card(/Promote web .*: succeeded/u);
    const { log } = rig.application.store;
    expect(verifyLog({ rows: log.rows(), people: log.people() })).toMatchObject({ status: "intact" });
  });

  it("while a step ends holds its run up, and the run goes on without doing anything twice", async () => {
    await rig.type(ANA, "/promote payments abc123 to staging");
    const deployments = (): number | undefined =>
      rig.world.argocd.state().applications.find(({ name }) => name === "payments-staging")?.deployments;
    await rig.until("the sync to have happened", () => deployments() === 2);
    const lock = new Lock(rig.world.dataFolder);
    await rig.until("the run to be held up", () =>
      rig.log.some(
        ({ message }) => message === "a turn of a run could not be recorded; it is taken up again from the log",
      ),
    );
    lock[Symbol.dispose]();
    await rig.card(/Promote payments .*: succeeded/u);
    expect(deployments()).toBe(2);
  });
});
