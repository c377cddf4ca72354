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

  /** The application's side of the connections, which is not started yet. */
  async function open(clock: FakeClock): Promise<{ readonly app: App; readonly receiver: SocketReceiver }> {
    const shared = { apiUrl: simulator.apiUrl, random: systemRandom, logger: silentLogger };
    const receiver = new SocketReceiver({ ...shared, appToken: TOKENS.appToken, clock });
    const authorize = (): Promise<object> => Promise.resolve({});
    const app = new App({ receiver, authorize, convoStore: false, deferInitialization: true });
    await app.init();
    return { app, receiver };
  }

  it("leave none behind that came after it had been given up, whose commands nobody would take", async () => {
    const clock = new FakeClock();
    const { app, receiver } = await open(clock);
    const { changes, faults } = simulator.world;
    faults.add({ method: "apps.connections.open", fault: { kind: "delay", delayMs: 1000 } });
    const came = new Set<unknown>();
    changes.subscribe(() => simulator.socket.connections.forEach((connection) => came.add(connection)));
    const started = app.start();
    await clock.advance(15_000);
    await started;
    expect([receiver.connected, came.size]).toEqual([0, 0]);
    await receiver.stop();
    await changes.until("both to come and go", () => came.size === 2 && simulator.socket.connections.length === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("do not open the second one any more, which would keep the process alive", async () => {
    const clock = new FakeClock();
    const { app, receiver } = await open(clock);
    await app.start();
    expect(receiver.connected).toBe(1);
    await receiver.stop();
    expect(receiver.connected).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
