import { App } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { SocketReceiver } from "../../src/slack/socket-receiver.ts";
import { FakeClock } from "../support/fake-clock.ts";

const TOKENS = { botToken: "xoxb-demo", appToken: "xapp-1-demo" };

describe("the connections to Slack, told to stop", () => {
  let simulator: SlackSimulator;
  beforeEach(async () => {
    const shared = { clock: systemClock, random: systemRandom };
    simulator = await startSlackSimulator({ ...shared, ...TOKENS, workspace: slackDemoWorkspace });
  });
  afterEach(() => simulator.stop());

  it("do not open the second one any more, which would keep the process alive", async () => {
    const clock = new FakeClock();
    const { apiUrl } = simulator;
    const receiver = new SocketReceiver({
      appToken: TOKENS.appToken,
      apiUrl,
      clock,
      random: systemRandom,
      logger: silentLogger,
    });
    const app = new App({
      receiver,
      authorize: () => Promise.resolve({}),
      convoStore: false,
      deferInitialization: true,
    });
    await app.init();
    await app.start();
    expect(receiver.connected).toBe(1);
    await receiver.stop();
    expect(receiver.connected).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
