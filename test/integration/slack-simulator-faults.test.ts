import { LogLevel, WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import type { SlackFault } from "../../src/simulator/slack-faults.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { SkippingClock } from "../support/skipping-clock.ts";

const DEPLOYS = "C0DEPLOYS1";

let slack: SlackSimulator;
let client: WebClient;
let clock: SkippingClock;

beforeEach(async () => {
  clock = new SkippingClock();
  slack = await startSlackSimulator({
    clock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
  });
  const options = {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 300,
    logLevel: LogLevel.ERROR,
  };
  client = new WebClient("xoxb-demo", options);
});

afterEach(() => slack.stop());

const post = (text = "card") => client.apiCall("chat.postMessage", { channel: DEPLOYS, text });
const fail = (fault: SlackFault, method = "chat.postMessage") => slack.world.faults.add({ method, fault, times: 1 });
const posted = () => slack.world.messages.all(DEPLOYS).length;

describe("faults as the stock client meets them", () => {
  test("a limit with Retry-After", async () => {
    fail({ kind: "rate-limited", retryAfterSeconds: 7 });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_rate_limited_error", retryAfter: 7 });
    await expect(post()).resolves.toMatchObject({ ok: true });
  });

  test("a limit without Retry-After", async () => {
    fail({ kind: "rate-limited" });
    await expect(post()).rejects.toThrow("did not contain a valid timeout");
    expect(posted()).toBe(0);
  });

  test.each([500, 503])("status %i", async (status) => {
    fail({ kind: "status", status });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_http_error" });
    expect(slack.world.journal.calls("chat.postMessage")).toMatchObject([{ status, fault: "status" }]);
  });

  test.each(["channel_not_found", "not_in_channel", "token_revoked", "invalid_blocks"])(
    "the error %s",
    async (error) => {
      fail({ kind: "error", error });
      await expect(post()).rejects.toMatchObject({ code: "slack_webapi_platform_error", data: { ok: false, error } });
      expect(posted()).toBe(0);
    },
  );

  test("silence before and after the effect ends in the client's own timeout", async () => {
    fail({ kind: "silence", when: "before" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    expect(posted()).toBe(0);
    fail({ kind: "silence", when: "after" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    expect(posted()).toBe(1);
  });

  test("a reset before and after the effect looks the same to the client", async () => {
    fail({ kind: "reset", when: "before" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    expect(posted()).toBe(0);
    fail({ kind: "reset", when: "after" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    expect(posted()).toBe(1);
    expect(slack.world.journal.calls().map(({ status }) => status)).toEqual([0, 0]);
  });

  test("an answer that is cut in the middle has taken effect", async () => {
    fail({ kind: "cut" });
    await expect(post()).rejects.toThrow("terminated");
    expect(posted()).toBe(1);
  });

  test("a call that is carried out late comes after those that followed it", async () => {
    await post("queued");
    const card = () => slack.world.messages.all(DEPLOYS).at(-1);
    const change = (text: string) => client.apiCall("chat.update", { channel: DEPLOYS, ts: card()?.ts, text });
    fail({ kind: "late", byMs: 60_000 }, "chat.update");
    await expect(change("running")).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    await change("done");
    expect(card()?.text).toBe("done");
    clock.skip(60_000);
    await expect.poll(() => card()?.text, { timeout: 10_000 }).toBe("running");
  });

  test("HTML from something in between is no success", async () => {
    fail({ kind: "html" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_platform_error" });
    expect(posted()).toBe(0);
  });

  test("a delay only makes it late", async () => {
    fail({ kind: "delay", delayMs: 60 });
    await post();
    const [call] = slack.world.journal.calls("chat.postMessage");
    expect((call?.endedAtMs ?? 0) - (call?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(55);
  });

  test("an outage takes everything down until it ends", async () => {
    const restore = slack.startOutage("unavailable");
    await expect(client.auth.test()).rejects.toMatchObject({ code: "slack_webapi_http_error" });
    await expect(post()).rejects.toMatchObject({ code: "slack_webapi_http_error" });
    restore();
    await expect(client.auth.test()).resolves.toMatchObject({ ok: true });
  });

  test("the tiers of Slack hold by default", async () => {
    const results = await Promise.allSettled(Array.from({ length: 6 }, (_, index) => post(String(index))));
    expect(results.map(({ status }) => status)).toEqual([...Array(4).fill("fulfilled"), "rejected", "rejected"]);
    expect(results.at(-1)).toMatchObject({ reason: { code: "slack_webapi_rate_limited_error", retryAfter: 1 } });
  });
});

describe("what the journal keeps", () => {
  test("each call with its arguments, its answer and no token", async () => {
    await client.auth.test();
    await post("hello");
    expect(slack.world.journal.calls("chat.postMessage")).toMatchObject([
      { args: { channel: DEPLOYS, text: "hello" }, status: 200, answer: { ok: true } },
    ]);
    expect(JSON.stringify(slack.world.journal.calls())).not.toContain("xoxb-demo");
    slack.world.journal.clear();
    expect(slack.world.journal.calls()).toEqual([]);
  });
});

describe("a response URL over HTTP", () => {
  test("answers plain ok, then 404 when it is used up", async () => {
    const url = slack.world.responseUrls.issue({ user: "U0ANA00001", channel: DEPLOYS });
    const respond = (body: object) =>
      fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    expect(await (await respond({ text: "private" })).text()).toBe("ok");
    expect(await (await respond({})).json()).toEqual({ ok: false, error: "no_text" });
    for (let use = 2; use < 5; use += 1) await respond({ text: "more" });
    const refused = await respond({ text: "too much" });
    expect([refused.status, await refused.json()]).toEqual([404, { ok: false, error: "used_url" }]);
  });
});
