import { once } from "node:events";
import { connect as connectTcp } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { connectPeer, openSocketUrl, SlackPeer } from "./slack-simulator-peer.ts";

const ANA = "U0ANA00001";
const DEPLOYS = "C0DEPLOYS1";

let slack: SlackSimulator;

beforeEach(async () => {
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    acknowledgeMs: 300,
  });
});

afterEach(() => slack.stop());

const socketUrl = () => openSocketUrl(slack);
const connect = () => connectPeer(slack);
const type = (text = "/qd status") => slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text });

describe("connections", () => {
  test("an app that dies while it is sent away ends nothing but its own connection", async () => {
    const { hostname, port } = new URL(slack.url);
    for (let turn = 0; turn < 20; turn += 1) {
      const socket = connectTcp(Number(port), hostname);
      socket.on("error", () => undefined);
      const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
      socket.write(`GET /link/?ticket=none HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Version: 13\r\n${upgrade}\r\n`);
      await once(socket, "data");
      socket.resetAndDestroy();
    }
    expect((await fetch(slack.url)).status).toBe(200);
  });

  test("hello comes first and counts the connections", async () => {
    await connect();
    const second = await connect();
    expect(second.frames[0]).toMatchObject({
      type: "hello",
      num_connections: 2,
      connection_info: { app_id: "A0QUARTER1" },
    });
  });

  test("a ticket opens one connection, and none while upgrades are refused", async () => {
    const url = await socketUrl();
    const first = new SlackPeer(url);
    await expect.poll(() => first.frames.length).toBe(1);
    const status = (address: string) =>
      new Promise((resolve) => {
        const again = new WebSocket(address);
        again.on("unexpected-response", (_request, response) => resolve(response.statusCode));
        again.on("error", () => undefined);
      });
    expect(await status(url)).toBe(403);
    slack.socket.refusesUpgrades = true;
    expect(await status(await socketUrl())).toBe(403);
  });

  test("the eleventh connection is sent away", async () => {
    for (let index = 0; index < 10; index += 1) await connect();
    const eleventh = new SlackPeer(await socketUrl());
    await expect.poll(() => eleventh.frames).toMatchObject([{ type: "disconnect", reason: "too_many_websockets" }]);
    expect(slack.socket.connections).toHaveLength(10);
  });

  test("only the app token opens a connection", async () => {
    const headers = { Authorization: "Bearer xoxb-demo" };
    const response = await fetch(`${slack.apiUrl}apps.connections.open`, { method: "POST", headers });
    expect(await response.json()).toEqual({ ok: false, error: "not_allowed_token_type" });
  });

  test("pings are answered until they are withheld", async () => {
    const peer = await connect();
    peer.socket.ping();
    await expect.poll(() => peer.pongs).toBe(1);
    slack.socket.withholdPongs(true);
    peer.socket.ping();
    // The answer to a command comes after whatever was sent before it.
    await type();
    expect(peer.pongs).toBe(1);
    slack.socket.withholdPongs(false);
    peer.socket.ping();
    await expect.poll(() => peer.pongs).toBe(2);
  });

  test("frames of any content can be sent", async () => {
    const peer = await connect();
    slack.socket.sendRaw("null");
    slack.socket.sendRaw(Buffer.from([1, 2]));
    await expect
      .poll(() => peer.raw.slice(1))
      .toEqual([
        { text: "null", binary: false },
        { text: "\u0001\u0002", binary: true },
      ]);
  });
});

describe("a refresh", () => {
  test("of one connection leaves the other one in use", async () => {
    const [first, second] = [await connect(), await connect()];
    slack.socket.refresh({ id: slack.socket.connections[0]?.id ?? "", reason: "warning" });
    await expect.poll(() => first.frames.at(-1)).toMatchObject({ type: "disconnect", reason: "warning" });
    for (let index = 0; index < 5; index += 1) expect(await type()).toMatchObject({ status: "acknowledged" });
    expect(second.texts).toHaveLength(5);
    expect(first.texts).toHaveLength(0);
  });

  test("can go on delivering to a connection that was asked to leave", async () => {
    const peer = await connect();
    slack.socket.refresh({ keepsRouting: true });
    expect(await type()).toMatchObject({ status: "acknowledged" });
    expect(peer.frames.map((frame) => frame.type)).toEqual(["hello", "disconnect", "slash_commands"]);
  });

  test("ends a connection whose client stays", async () => {
    const peer = await connect();
    slack.socket.refresh({ closeAfterMs: 10 });
    await expect.poll(() => peer.socket.readyState).toBe(WebSocket.CLOSED);
  });

  test("can leave the closing handshake of the client unanswered", async () => {
    const peer = await connect();
    slack.socket.refresh({ closesTcp: false, closeAfterMs: 10 });
    await expect.poll(() => peer.frames.at(-1)?.type).toBe("disconnect");
    peer.socket.close(1000);
    await type();
    await type();
    expect(peer.socket.readyState).toBe(WebSocket.CLOSING);
    slack.socket.kill();
    await expect.poll(() => peer.socket.readyState).toBe(WebSocket.CLOSED);
  });
});

describe("deliveries", () => {
  test("without a connection fail at once, without an acknowledgement after the time for it", async () => {
    expect(await type()).toMatchObject({ error: "dispatch_failed" });
    const peer = await connect();
    peer.acknowledges = false;
    expect(await type()).toMatchObject({ error: "operation_timeout" });
  });

  test("an acknowledgement counts only on the connection that got the envelope", async () => {
    const asked = await connect();
    asked.acknowledges = false;
    const result = type();
    await expect.poll(() => asked.texts).toHaveLength(1);
    const other = await connect();
    other.acknowledge(asked.frames.at(-1)?.envelope_id ?? "", "too clever");
    other.socket.send("junk");
    expect(await result).toMatchObject({ error: "operation_timeout" });
  });

  test("an acknowledgement that Slack notices too late has failed", async () => {
    await connect();
    slack.socket.acknowledgementDelayMs = 400;
    expect(await type()).toMatchObject({ error: "operation_timeout" });
  });

  test("an envelope can arrive twice, with the same id", async () => {
    const peers = [await connect(), await connect()];
    slack.socket.duplicateNext(1);
    await type("/qd twice");
    await type("/qd once");
    const received = peers.flatMap((peer) => peer.frames.filter((frame) => frame.envelope_id !== undefined));
    expect(received.map(({ payload }) => payload?.text ?? "").toSorted((a, b) => a.localeCompare(b))).toEqual([
      "once",
      "twice",
      "twice",
    ]);
    expect(new Set(received.map((frame) => frame.envelope_id)).size).toBe(2);
  });

  test("can be held back and let go in reverse order", async () => {
    const peer = await connect();
    slack.socket.hold();
    const results = ["/qd 1", "/qd 2", "/qd 3"].map((line) => type(line));
    slack.socket.release("reversed");
    await Promise.all(results);
    expect(peer.texts).toEqual(["3", "2", "1"]);
  });

  test("are kept in the journal with their acknowledgement", async () => {
    await connect();
    await type("/qd status");
    expect(slack.world.journal.deliveries("slash_commands")).toMatchObject([
      { payload: { text: "status" }, acknowledgement: { text: "done" }, connection: slack.socket.connections[0]?.id },
    ]);
  });
});
