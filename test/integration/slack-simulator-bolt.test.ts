import { App, LogLevel, SocketModeReceiver } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";

const ANA = "U0ANA00001";
const DEPLOYS = "C0DEPLOYS1";

let slack: SlackSimulator;
let app: App;

/** The official client as an app of ours would set it up. */
function createApp(simulator: SlackSimulator): App {
  const logger = {
    debug: none,
    info: none,
    warn: none,
    error: none,
    setLevel: none,
    getLevel: () => LogLevel.ERROR,
    setName: none,
  };
  const clientOptions = { slackApiUrl: simulator.apiUrl, timeout: 10_000 };
  const socketOptions = {
    ...clientOptions,
    retryConfig: { forever: true, factor: 1.5, minTimeout: 500, maxTimeout: 10_000 },
  };
  const receiver = new SocketModeReceiver({
    appToken: "xapp-1-demo",
    logger,
    clientPingTimeout: 1000,
    installerOptions: { clientOptions: socketOptions },
  });
  return new App({
    receiver,
    token: "xoxb-demo",
    botId: slackDemoWorkspace.app.botId,
    botUserId: slackDemoWorkspace.app.botUserId,
    logger,
    convoStore: false,
    clientOptions,
  });
}

/** Posts as the app and answers the `ts`. */
async function post(fields: Record<string, unknown>): Promise<string> {
  return z.looseObject({ ts: z.string() }).parse(await app.client.apiCall("chat.postMessage", fields)).ts;
}

function none(): void {
  // The tests look at what happened, not at what was logged.
}

beforeEach(async () => {
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    acknowledgeMs: 400,
  });
  app = createApp(slack);
  await app.start();
});

afterEach(async () => {
  await app.stop();
  await slack.stop();
});

describe("a stock Bolt app on the simulated Slack", () => {
  test("answers a command with a private message", async () => {
    app.command("/promote", async ({ ack, command }) => ack(`you typed: ${command.text}`));
    const result = await slack.people.typeCommand({
      user: ANA,
      channel: "deploys",
      text: "/promote checkout abc123 to prod",
    });
    expect(result).toMatchObject({
      status: "acknowledged",
      shown: { text: "you typed: checkout abc123 to prod", viewer: ANA, channel: DEPLOYS },
    });
  });

  test("is told to have failed when it does not acknowledge in time", async () => {
    app.command("/promote", async () => undefined);
    const result = await slack.people.typeCommand({ user: ANA, channel: "deploys", text: "/promote" });
    expect(result).toMatchObject({
      status: "failed",
      shown: { text: '/promote failed with the error "operation_timeout"' },
    });
  });

  test("posts a card, hears its button, replaces the card", async () => {
    app.action("approve", async ({ ack, body, client, respond }) => {
      await ack();
      if (body.type !== "block_actions" || body.channel === undefined || body.message === undefined) return;
      await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `approved by ${body.user.id}` });
      await respond({ text: "thank you" });
    });
    const ts = await post({
      channel: DEPLOYS,
      text: "approve?",
      blocks: [
        {
          type: "actions",
          elements: [
            { type: "button", action_id: "approve", text: { type: "plain_text", text: "Approve" }, value: "apr_1" },
          ],
        },
      ],
    });
    const result = await slack.people.click({ user: ANA, channel: DEPLOYS, ts, actionId: "approve" });
    expect(result.status).toBe("acknowledged");
    await slack.world.changes.until("the private answer", () =>
      slack.world.messages.seenBy(ANA, DEPLOYS).some((message) => message.text === "thank you"),
    );
    expect(slack.world.messages.message(DEPLOYS, ts)).toMatchObject({ text: `approved by ${ANA}`, blocks: [] });
  });

  test("opens a modal and takes its submission", async () => {
    const values: unknown[] = [];
    app.command("/promote", async ({ ack, command, client }) => {
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: "modal",
          callback_id: "reason",
          title: { type: "plain_text", text: "Reason" },
          submit: { type: "plain_text", text: "Send" },
          blocks: [
            {
              type: "input",
              block_id: "why",
              label: { type: "plain_text", text: "Why?" },
              element: { type: "plain_text_input", action_id: "text" },
            },
          ],
        },
      });
    });
    app.view("reason", async ({ ack, view }) => {
      values.push(view.state.values);
      await ack({ response_action: "errors", errors: { why: "not good enough" } });
    });
    await slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/promote" });
    await slack.world.changes.until("the modal", () => slack.world.views.stack(ANA).length === 1);
    expect(await slack.people.submitModal({ user: ANA })).toMatchObject({ status: "incomplete" });
    expect(await slack.people.submitModal({ user: ANA, values: { text: "because" } })).toEqual({
      status: "errors",
      errors: { why: "not good enough" },
    });
    expect(values).toEqual([{ why: { text: { type: "plain_text_input", value: "because" } } }]);
  });

  test("uploads a file into a thread with the three-part flow", async () => {
    const parent = await post({ channel: DEPLOYS, text: "log follows" });
    await app.client.files.uploadV2({
      channel_id: DEPLOYS,
      thread_ts: parent,
      filename: "step.log",
      content: "line 1\nline 2",
    });
    const [share] = slack.world.messages.replies(DEPLOYS, parent);
    expect(share?.files).toMatchObject([{ name: "step.log", size: 13 }]);
    expect(slack.world.files.all()[0]?.content?.toString()).toBe("line 1\nline 2");
  });

  test("hears a mention in a thread as an event", async () => {
    const heard: string[] = [];
    app.event("app_mention", async ({ event }) => void heard.push(`${event.text} in ${String(event.thread_ts)}`));
    const parent = await post({ channel: DEPLOYS, text: "card" });
    slack.people.typeMessage({
      user: ANA,
      channel: DEPLOYS,
      threadTs: parent,
      text: "@quarterdeck status",
    });
    await expect.poll(() => heard).toEqual([`<@U0QUARTER1> status in ${parent}`]);
  });

  test("comes back after its connection was refreshed, and after TCP was cut", async () => {
    app.command("/qd", async ({ ack }) => ack("here"));
    const type = () => slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/qd status" });
    slack.socket.refresh();
    expect(await type()).toMatchObject({ status: "failed", error: "dispatch_failed" });
    await slack.world.changes.until("a connection", () =>
      slack.socket.connections.some((connection) => connection.routed),
    );
    expect(await type()).toMatchObject({ status: "acknowledged" });
    slack.socket.kill();
    await slack.world.changes.until("no connection", () => slack.socket.connections.length === 0);
    await slack.world.changes.until("a connection", () => slack.socket.connections.length === 1);
    expect(await type()).toMatchObject({ status: "acknowledged" });
  });
});
