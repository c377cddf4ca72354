import { describe, expect, test } from "vitest";

import { applyResponse } from "../../../src/simulator/slack-response.ts";
import { ANA, createTestSlack, DEPLOYS } from "./slack-test-world.ts";

const TARGET = { user: ANA, channel: DEPLOYS };

describe("a response", () => {
  test("is private unless it says otherwise", () => {
    const { world } = createTestSlack();
    expect(applyResponse(TARGET, { text: "a" }, world)?.viewer).toBe(ANA);
    expect(applyResponse(TARGET, { text: "b", response_type: "in_channel" }, world)?.viewer).toBeUndefined();
  });

  test("replaces or removes the message that was clicked, also a private one", () => {
    const { world, call } = createTestSlack();
    const { message_ts: hidden } = call("chat.postEphemeral", { channel: DEPLOYS, user: ANA, text: "sure?" });
    const messageTs = String(hidden);
    applyResponse({ ...TARGET, messageTs }, { text: "done", replace_original: true }, world);
    expect(world.messages.message(DEPLOYS, messageTs)).toMatchObject({ text: "done", viewer: ANA });
    applyResponse({ ...TARGET, messageTs }, { delete_original: "true" }, world);
    expect(world.messages.message(DEPLOYS, messageTs)).toBeUndefined();
  });

  test("is checked like any message", () => {
    const { world } = createTestSlack();
    expect(() => applyResponse(TARGET, {}, world)).toThrow("no_text");
    expect(() => applyResponse(TARGET, { blocks: [{ type: "section" }] }, world)).toThrow("invalid_blocks");
  });
});

describe("a response URL", () => {
  test("works five times within thirty minutes", async () => {
    const { clock, world } = createTestSlack();
    const issue = () => world.responseUrls.issue(TARGET).split("/").at(-1) ?? "";
    const used = issue();
    for (let use = 0; use < 5; use += 1)
      expect(world.responseUrls.use(used)).toEqual({ status: "usable", target: TARGET });
    expect(world.responseUrls.use(used)).toEqual({ status: "used" });
    const old = issue();
    await clock.advance(30 * 60_000 + 1);
    expect(world.responseUrls.use(old)).toEqual({ status: "expired" });
    expect(world.responseUrls.use("guess")).toEqual({ status: "unknown" });
  });
});
