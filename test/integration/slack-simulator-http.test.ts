import { createServer, type Server } from "node:http";

import { App, HTTPReceiver, LogLevel } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";

const ANA = "U0ANA00001";
const DEPLOYS = "C0DEPLOYS1";
const SECRET = "a-signing-secret";

let slack: SlackSimulator;
let app: App;
let server: Server;

/** The tests look at what happened, not at what was logged. */
function none(): void {}

const logger = {
  debug: none,
  info: none,
  warn: none,
  error: none,
  setLevel: none,
  getLevel: () => LogLevel.ERROR,
  setName: none,
};

const urlOf = (listening: Server): string => {
  const address = listening.address();
  return `http://127.0.0.1:${String(typeof address === "object" && address !== null ? address.port : 0)}/slack/events`;
};

beforeEach(async () => {
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    acknowledgeMs: 300,
  });
  const receiver = new HTTPReceiver({ signingSecret: SECRET, logger });
  app = new App({
    receiver,
    token: "xoxb-demo",
    botId: slackDemoWorkspace.app.botId,
    botUserId: slackDemoWorkspace.app.botUserId,
    logger,
    convoStore: false,
    clientOptions: { slackApiUrl: slack.apiUrl },
  });
  const started = await receiver.start({ port: 0, host: "127.0.0.1" });
  if (!("listening" in started)) throw new Error("no HTTP server");
  server = started;
});

afterEach(async () => {
  server.closeAllConnections();
  await app.stop();
  await slack.stop();
});

describe("a stock Bolt app over HTTP", () => {
  test("passes Slack's check of its address and hears commands, clicks and events", async () => {
    const heard: string[] = [];
    app.command("/qd", async ({ ack, command }) => {
      heard.push(command.text);
      await ack("status follows");
    });
    app.action("go", async ({ ack }) => {
      heard.push("click");
      await ack();
    });
    app.event("app_mention", async ({ event }) => void heard.push(event.text));
    expect(await slack.deliverOverHttp({ requestUrl: urlOf(server), signingSecret: SECRET })).toBe(true);

    const typed = await slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/qd status & more" });
    expect(typed).toMatchObject({ status: "acknowledged", shown: { text: "status follows" } });
    const { ts } = slack.world.messages.add({
      channel: DEPLOYS,
      user: slackDemoWorkspace.app.botUserId,
      text: "card",
      blocks: [
        { type: "actions", elements: [{ type: "button", action_id: "go", text: { type: "plain_text", text: "Go" } }] },
      ],
    });
    expect(await slack.people.click({ user: ANA, channel: DEPLOYS, ts, actionId: "go" })).toMatchObject({
      status: "acknowledged",
    });
    slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "@quarterdeck hello" });
    await expect.poll(() => heard).toEqual(["status &amp; more", "click", "<@U0QUARTER1> hello"]);
  });

  test("with another secret refuses the check, and nothing changes", async () => {
    expect(await slack.deliverOverHttp({ requestUrl: urlOf(server), signingSecret: "another" })).toBe(false);
    const typed = await slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/qd" });
    expect(typed).toMatchObject({ error: "dispatch_failed" });
  });

  test("fails for the person when it is slow, answers badly or is gone", async () => {
    app.command("/qd", async () => undefined);
    app.command("/rollback", async () => {
      throw new Error("broken");
    });
    await slack.deliverOverHttp({ requestUrl: urlOf(server), signingSecret: SECRET });
    const type = (text: string) => slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text });
    expect(await type("/qd")).toMatchObject({ error: "operation_timeout" });
    expect(await type("/rollback")).toMatchObject({ error: "dispatch_failed" });
    server.closeAllConnections();
    await app.stop();
    expect(await type("/qd")).toMatchObject({ error: "dispatch_failed" });
    await app.start({ port: 0, host: "127.0.0.1" });
  });
});

test("an event comes again with the number and the reason of its retry, unless the app does not want it", async () => {
  const seen: (string | undefined)[] = [];
  const plain = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      if (text.includes("url_verification")) return response.end(text);
      seen.push(request.headers["x-slack-retry-num"]?.toString());
      if (seen.length === 2) response.setHeader("X-Slack-No-Retry", "1");
      response.statusCode = 500;
      return response.end();
    });
  });
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  await slack.deliverOverHttp({ requestUrl: urlOf(plain), signingSecret: SECRET });
  await slack.people.openHome({ user: ANA });
  expect(seen).toEqual([undefined, "1"]);
  plain.closeAllConnections();
  await new Promise((resolve) => plain.close(resolve));
});
