import { expect, it } from "vitest";

import { IN_MEMORY, openDatabase } from "../../../src/store/database.ts";
import { createStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { STORE_DEPS } from "../../support/store-folder.ts";

it("takes somebody who was redacted for a new person within a minute", async () => {
  const clock = new FakeClock();
  const database = openDatabase(IN_MEMORY);
  await using store = await createStore({ ...STORE_DEPS, clock }, database);
  const before = store.people.pseudonymOf("T1", "U1");
  await store.events.append({ stream: "server", expectedVersion: -1, events: [{ type: "asked", at: 1 }] });
  expect(store.people.tryPseudonym("T1", "U1")).toBe(before);
  database.sqlite.exec("DELETE FROM people");
  expect(store.people.person(before)).toBeUndefined();
  await clock.advance(60_000);
  expect(store.people.tryPseudonym("T1", "U1")).toBeUndefined();
  expect(store.people.pseudonymOf("T1", "U1")).not.toBe(before);
});
