import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { words } from "../support/bad-day.ts";
import { WatchDay } from "../support/watch-day.ts";

let watch: WatchDay;

beforeAll(async () => {
  watch = await WatchDay.open();
  const run = await watch.day.start("/promote checkout abc123 to staging");
  await run.ended("succeeded");
  const file = `${watch.day.rig.world.dataFolder}/quarterdeck.db`;
  await watch.restart(() => {
    const database = new Database(file);
    database.prepare("UPDATE events SET payload = NULL WHERE stream = ?").run(run.id);
    database.close();
    return Promise.resolve();
  });
});

afterAll(() => watch[Symbol.asyncDispose]());

describe("a run that was redacted", () => {
  it("keeps nobody from asking what it brought where", async () => {
    expect(await watch.day.ask("/qd where checkout")).toMatch(/staging[^]*abc1236/u);
    expect(await watch.day.ask("/qd history checkout")).toContain("Promote checkout abc1236 to staging");
  });

  it("keeps no alert from being told of what it deployed", async () => {
    await watch.pods("degraded", "checkout-staging");
    const alert = await watch.message(/checkout in staging is Degraded/u);
    expect(words(alert)).toContain("abc1236");
  });
});
