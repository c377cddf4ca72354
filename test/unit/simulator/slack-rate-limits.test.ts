import { describe, expect, test } from "vitest";

import { SlackRateLimits } from "../../../src/simulator/slack-rate-limits.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { createTestSlack, DEPLOYS, GENERAL } from "./slack-test-world.ts";

const update = [{ key: "chat.update", limit: "tier3" }] as const;

function takeAll(limits: SlackRateLimits, draws: Parameters<SlackRateLimits["take"]>[0]): number {
  let taken = 0;
  while (limits.take(draws) === undefined) taken += 1;
  return taken;
}

describe("rate limits", () => {
  test("a burst is let through, then the steady rate", async () => {
    const clock = new FakeClock();
    const limits = new SlackRateLimits({ clock, multiplier: 1 });
    expect(takeAll(limits, update)).toBe(15);
    await clock.advance(60_000);
    expect(takeAll(limits, update)).toBe(15);
    await clock.advance(6000);
    expect(takeAll(limits, update)).toBe(5);
  });

  test("a client that keeps to the rate is never refused", async () => {
    const clock = new FakeClock();
    const limits = new SlackRateLimits({ clock, multiplier: 1 });
    for (let second = 0; second < 300; second += 1) {
      expect(limits.take(update)).toBeUndefined();
      await clock.advance(1200);
    }
  });

  test("the refusal names the whole seconds after which the call is let through", async () => {
    const clock = new FakeClock();
    const limits = new SlackRateLimits({ clock, multiplier: 1 });
    takeAll(limits, [{ key: "users.list", limit: "tier2" }]);
    const seconds = limits.take([{ key: "users.list", limit: "tier2" }]) ?? 0;
    expect(seconds).toBe(3);
    await clock.advance(seconds * 1000);
    expect(limits.take([{ key: "users.list", limit: "tier2" }])).toBeUndefined();
  });

  test("a refused call takes from no bucket", () => {
    const limits = new SlackRateLimits({ clock: new FakeClock(), multiplier: 1 });
    const deploys = { key: "post:deploys", limit: "postInChannel" } as const;
    const workspace = { key: "chat.postMessage", limit: "postInWorkspace" } as const;
    expect(takeAll(limits, [workspace, deploys])).toBe(4);
    for (let attempt = 0; attempt < 50; attempt += 1) limits.take([workspace, deploys]);
    expect(takeAll(limits, [workspace])).toBe(26);
  });

  test("the multiplier widens rate and burst, Infinity turns limits off", () => {
    const limits = new SlackRateLimits({ clock: new FakeClock(), multiplier: 2 });
    expect(takeAll(limits, update)).toBe(30);
    limits.multiplier = Infinity;
    expect(limits.take(update)).toBeUndefined();
    limits.multiplier = 1;
    limits.reset();
    expect(takeAll(limits, update)).toBe(15);
  });
});

describe("rate limits of the Web API", () => {
  test("posting is limited per channel, and answered as Slack does", () => {
    const { api } = createTestSlack({ limited: true });
    const post = (channel: string) =>
      api.call({ method: "chat.postMessage", token: "xoxb-demo", args: { channel, text: "x" } });
    for (let index = 0; index < 4; index += 1) expect(post(DEPLOYS).status).toBe(200);
    // The name of a channel draws from the same bucket as its id.
    expect(post("#deploys")).toEqual({
      status: 429,
      headers: { "Retry-After": "1" },
      body: { ok: false, error: "ratelimited" },
    });
    expect(post(GENERAL).body["error"]).toBe("not_in_channel");
    expect(post("C0PARTNER1").status).toBe(200);
  });

  test("one method that is exhausted leaves the others alone", () => {
    const { call } = createTestSlack({ limited: true });
    const results = Array.from({ length: 9 }, () => call("usergroups.users.list", { usergroup: "S0ONCALL01" })["ok"]);
    expect(results).toEqual([true, true, true, true, true, true, true, true, false]);
    expect(call("users.info", { user: "U0ANA00001" })["ok"]).toBe(true);
  });
});
