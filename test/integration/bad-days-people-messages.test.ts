import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { ANA, BEN, OLGA, PRIYA } from "../support/app-rig.ts";
import { BadDay } from "../support/bad-day.ts";
import { mentionsIn } from "../support/mentions.ts";
import { shown, slotMessages, slotTexts } from "../support/slot-messages.ts";

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

/** Everything that was ever sent to Slack about runs, one text for each call. */
function everSent(): readonly string[] {
  const { journal } = day.rig.world.slack.world;
  return journal
    .calls()
    .filter(({ method }) => method === "chat.postMessage" || method === "chat.update")
    .map(({ args }) => JSON.stringify(args["blocks"]));
}

describe("what people read of a day on which everybody wants the same place", () => {
  it("each card says what the run waits for, and behind whom", async () => {
    // Without its controller Argo CD does not end the first sync, however long the others take to be asked for.
    const controller = (state: "up" | "down"): Promise<void> =>
      day.argocd.control({ action: "set-component", component: "controller", state });
    onTestFinished(() => controller("up"));
    await controller("down");
    const first = await day.start("/promote payments bd25 to staging");
    const second = await day.start("/qd sync payments in staging at 9e8d", BEN);
    const third = await day.start("/qd sync payments in staging at bd25", OLGA);
    for (const [title, position] of [
      ["Sync payments in staging at 9e8d8f2", 1],
      ["Sync payments in staging at bd258aa", 2],
    ] as const) {
      const place = `queued: position ${position} for \`payments/staging\`, behind \`run_${first.id.slice(-4)}\``;
      const isTold = (): boolean => everSent().some((text) => text.includes(title) && text.includes(place));
      await day.until(`the card to say "${place}"`, isTold);
    }
    await controller("up");
    await Promise.all([shown(day, first), shown(day, second), shown(day, third)]);
    expect(slotTexts(day, second)["card"]).toContain(
      "9e8d8f2 is older than bd258aa, which is live in payments-staging",
    );
    expect(slotTexts(day, third)["card"]).toContain("`bd258aa` applied and healthy");
  });

  it("a sync that is not needed says so", async () => {
    await shown(day, await day.start("/rollback payments in staging to 9e8d --unproven", OLGA));
    const run = await day.start("/rollback payments in staging to 9e8d", OLGA);
    onTestFinished(async () => void (await day.ask("/qd unlock payments in staging", OLGA)));
    await shown(day, run);
    const texts = slotTexts(day, run);
    expect(texts["card"]).toContain("Roll back payments in staging to 9e8d8f2");
    expect(Object.values(texts).join("\n")).toMatch(/already proven there and live: `9e8d8f2` was not synced again/iu);
  });
});

describe("what those on call read when prod breaks", () => {
  it("is the application, the revision, the resources, the reason and where to look, in one message that calls them", async () => {
    const run = await day.start("/promote checkout e6c0 to staging");
    await shown(day, run);
    expect(run.state.status).toBe("failed");
    const [alert] = slotMessages(day, run).get("alert") ?? [];
    if (alert === undefined) throw new Error("nobody was called");
    expect(mentionsIn(alert)).toContain("<!subteam^S0ONCALL01>");
    const text = slotTexts(day, run)["alert"] ?? "";
    for (const part of [
      "Promote checkout e6c07a9 to staging failed in staging",
      "checkout-staging",
      "`e6c07a9`",
      "Deployment/checkout",
    ])
      expect(text).toContain(part);
    const addresses = JSON.stringify(alert.blocks).match(/"url":"[^"]*"/gu) ?? [];
    expect(addresses.some((address) => address.includes("/applications/argocd/checkout-staging"))).toBe(true);
    expect(addresses.some((address) => address.includes(".slack.com/archives/"))).toBe(true);
  });
});

describe("what is read of it afterwards", () => {
  it("is who asked, who approved, and how it ended, and who waits for whom now", async () => {
    const approved = await day.start("/promote web bf0f to prod");
    await approved.approve(PRIYA);
    await shown(day, approved);
    const waiting = await day.start("/promote payments bd25 to qa");
    await waiting.gate();
    const told = (): readonly string[] =>
      day.rig.world.slack.world.messages
        .all("C0DEPLOYS1")
        .filter(({ viewer }) => viewer === ANA)
        .map(({ blocks }) => JSON.stringify(blocks));
    await day.ask("/qd history");
    const history = told().at(-1) ?? "";
    expect(history).toMatch(
      new RegExp(
        `Promote web bf0f508 to prod> succeeded after [^,]*, asked for by <@${ANA}>.*approved by <@${PRIYA}>`,
        "u",
      ),
    );
    expect(history).toMatch(/Promote checkout e6c07a9 to staging> failed after/u);
    expect(history).toMatch(/Promote payments bd258aa to qa> is waiting/u);
    await day.ask("/qd status web");
    const status = told().at(-1) ?? "";
    expect(status).toMatch(/prod> `bf0f508d2655` Healthy, Synced, proven/u);
  });
});
