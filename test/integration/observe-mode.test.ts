import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { words } from "../support/bad-day.ts";
import { WatchDay } from "../support/watch-day.ts";

let watch: WatchDay;

beforeAll(async () => {
  watch = await WatchDay.open("mode: observe\n");
});

afterAll(() => watch[Symbol.asyncDispose]());

const SWITCH = /Quarterdeck only observes here[^]*"mode: observe" out of quarterdeck\.yaml/u;

describe("Quarterdeck that only observes", () => {
  it.each([
    "/promote checkout abc123 to staging",
    "/promote",
    "/rollback checkout in prod",
    "/qd sync checkout in staging",
  ])("refuses in private what would change something, and says why and how to switch that: %s", async (command) => {
    const before = watch.messages.length;
    expect(await watch.day.ask(command)).toMatch(SWITCH);
    expect(watch.day.runCount).toBe(0);
    expect(watch.messages).toHaveLength(before);
  });

  it("says so where people look", async () => {
    expect(await watch.day.ask("/qd status")).toContain("Quarterdeck is observing");
    expect(await watch.day.ask("/qd help")).toContain("Quarterdeck is observing");
  });

  it("alerts, without buttons that change something, and shows what others do", async () => {
    const { argocd } = watch.day;
    await argocd.control({ action: "start-operation", application: "web-staging", username: "bob" });
    await watch.pods("degraded", "checkout-prod");
    const alert = await watch.message(/checkout in prod is Degraded/u);
    expect(words(alert)).toContain("Open in Argo CD");
    expect(JSON.stringify(alert.blocks)).not.toContain("command_");
    await watch.day.until("the operation to be recorded", () => {
      return watch.day.rig.application.store.log.stream("operations").length > 0;
    });
    expect(await watch.day.ask("/qd history web")).toContain("Sync of web staging by bob succeeded");
    await watch.pods("ready", "checkout-prod");
    expect((await watch.message(/checkout in prod is healthy again/u)).ts).toBe(alert.ts);
  });

  it("has never asked Argo CD for a change", () => {
    expect(watch.day.argocd.writes).toEqual([]);
  });
});
