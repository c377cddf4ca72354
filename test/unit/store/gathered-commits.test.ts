import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { IN_MEMORY, openDatabase } from "../../../src/store/database.ts";
import { createStore, type Store } from "../../../src/store/store.ts";
import { STORE_DEPS } from "../../support/store-folder.ts";

/** Turns of an event loop that the test ends by itself. */
class Turns {
  #atEnd: (() => void)[] = [];
  readonly atEnd = (action: () => void): void => void this.#atEnd.push(action);

  end(): void {
    const due = this.#atEnd;
    this.#atEnd = [];
    for (const action of due) action();
  }
}

describe("a commit that may gather for four turns", () => {
  let turns: Turns;
  let store: Store;
  let commits: number;
  let appended: Promise<void>[];

  beforeEach(async () => {
    turns = new Turns();
    const opening = createStore(
      { ...STORE_DEPS, atEndOfTurn: turns.atEnd, mostTurnsACommit: 4 },
      openDatabase(IN_MEMORY),
    );
    turns.end();
    store = await opening;
    commits = 0;
    store.commits.listen(() => (commits += 1));
    appended = [];
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await Promise.all(appended);
  });

  function append(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const events = [{ type: "server.started", at: 1 }];
      appended.push(store.events.append({ stream: "server", expectedVersion: -1, events }));
    }
  }

  it("keeps nobody waiting who is alone", () => {
    append(1);
    turns.end();
    expect(commits).toBe(1);
    append(1);
    turns.end();
    expect(commits).toBe(2);
  });

  it("takes in what arrives a turn later, and ends with the first turn that brings nothing", () => {
    append(2);
    turns.end();
    append(3);
    turns.end();
    expect(commits).toBe(0);
    turns.end();
    expect(commits).toBe(1);
    expect([...store.log.rows()]).toHaveLength(5);
  });

  it("waits for the others of those who came together the time before", () => {
    append(2);
    turns.end();
    turns.end();
    expect(commits).toBe(1);
    append(1);
    turns.end();
    append(1);
    turns.end();
    turns.end();
    expect(commits).toBe(2);
    append(1);
    turns.end();
    expect(commits).toBe(2);
    turns.end();
    expect(commits).toBe(3);
    append(1);
    turns.end();
    expect(commits).toBe(4);
  });

  it("ends after four turns, however much still arrives", () => {
    for (let turn = 0; turn < 4; turn += 1) {
      append(2);
      turns.end();
    }
    expect(commits).toBe(1);
    expect([...store.log.rows()]).toHaveLength(8);
  });

  it("ends at once when it holds much", () => {
    append(16);
    turns.end();
    expect(commits).toBe(1);
  });
});
