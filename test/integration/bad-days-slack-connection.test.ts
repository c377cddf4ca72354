import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SlackCommandResult } from "../../src/simulator/slack-commands.ts";
import type { SlackOutageKind } from "../../src/simulator/slack-outage.ts";
import { ANA, BEN, DEPLOYS, MARCO, OLGA, PRIYA } from "../support/app-rig.ts";
import { BadDay } from "../support/bad-day.ts";
import { pressButton } from "../support/gate-clicks.ts";
import { shown, slotTexts } from "../support/slot-messages.ts";

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

function typeStatus(user: string): Promise<SlackCommandResult> {
  return day.rig.world.slack.people.typeCommand({ user, channel: DEPLOYS, text: "/qd status" });
}

async function connections(count: number): Promise<void> {
  await day.until(`${count} connections`, () => day.rig.world.slack.socket.connections.length === count);
}

describe("the connections to Slack", () => {
  it("acknowledge what people do within a second", async () => {
    const results = await Promise.all([ANA, BEN, PRIYA, MARCO, OLGA].map(typeStatus));
    for (const result of results) {
      expect(result.status).toBe("acknowledged");
      if (result.status === "acknowledged") expect(result.afterMs).toBeLessThan(1000);
    }
  });

  it("lose no command while one of them is replaced", async () => {
    const { socket } = day.rig.world.slack;
    await connections(2);
    const [leaving] = socket.connections;
    if (leaving === undefined) throw new Error("there is no connection");
    const before = Array.from({ length: 10 }, () => typeStatus(ANA));
    socket.refresh({ id: leaving.id });
    const after = Array.from({ length: 10 }, () => typeStatus(BEN));
    for (const result of await Promise.all([...before, ...after])) expect(result.status).toBe("acknowledged");
    await day.until("another in its place", () => socket.connections.every(({ id }) => id !== leaving.id));
    await connections(2);
  });

  it("come back after both were cut, and the run goes on meanwhile", async () => {
    const { socket } = day.rig.world.slack;
    const run = await day.start("/promote checkout abc123 to prod");
    socket.kill();
    const gate = await run.gate();
    await connections(2);
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    slotTexts(day, run);
  });

  it("live through whatever arrives on them", async () => {
    const { socket } = day.rig.world.slack;
    const frames: readonly (string | Buffer)[] = [
      "",
      "null",
      "[]",
      '"text"',
      "{",
      '{"type":"hello"',
      JSON.stringify({ type: "nonsense", envelope_id: "e1", payload: {} }),
      JSON.stringify({ type: "slash_commands", envelope_id: "e2" }),
      JSON.stringify({ type: "slash_commands", envelope_id: "e3", payload: null }),
      JSON.stringify({ type: "slash_commands", envelope_id: "e4", payload: { command: "/promote" } }),
      JSON.stringify({ type: "interactive", envelope_id: "e5", payload: { type: "block_actions" } }),
      JSON.stringify({ type: "interactive", envelope_id: "e6", payload: { type: "view_submission", view: {} } }),
      JSON.stringify({
        type: "events_api",
        envelope_id: "e7",
        payload: { type: "app_rate_limited", minute_rate_limited: 1 },
      }),
      JSON.stringify({
        type: "events_api",
        envelope_id: "e8",
        payload: { type: "event_callback", event: { type: "tokens_revoked" } },
      }),
      Buffer.from([0, 255, 1, 254]),
      "x".repeat(500_000),
    ];
    for (const frame of frames) socket.sendRaw(frame);
    await connections(2);
    expect((await typeStatus(ANA)).status).toBe("acknowledged");
    expect(day.runCount).toBe(1);
  });
});

describe.each<[SlackOutageKind]>([["reset"], ["unavailable"]])(
  "all of Slack is away (%s) in the middle of a run",
  (kind) => {
    it("the run goes on by itself, and everything is shown when Slack is back", async () => {
      const run = await day.start("/promote payments bd25 to staging");
      const restore = day.rig.world.slack.startOutage(kind);
      await day.until("the run to end without Slack", () => run.state.finishedAt !== undefined);
      expect(run.state.status).toBe("succeeded");
      expect(Object.values(slotTexts(day, run)).join("\n")).not.toContain("Succeeded");
      restore();
      await shown(day, run);
      const texts = slotTexts(day, run);
      expect(texts["card"]).toContain("Succeeded");
      expect(Object.keys(texts)).toHaveLength(3);
      await connections(2);
      expect((await typeStatus(ANA)).status).toBe("acknowledged");
      await day.renew("payments-staging");
    });
  },
);

describe("the application is restarted between Slack's acceptance of a message and its answer", () => {
  it("finds the message, and there is one", async () => {
    await using other = await BadDay.open();
    const { faults, journal } = other.rig.world.slack.world;
    faults.add({ method: "chat.postMessage", fault: { kind: "reset", when: "after" }, times: 1 });
    faults.add({ method: "conversations.history", fault: { kind: "status", status: 503 } });
    const run = await other.start("/qd sync web in staging");
    await other.until("the run to end", () => run.state.finishedAt !== undefined);
    await other.until("a look for the message", () => journal.calls("conversations.history").length > 0);
    let isStopped = false;
    void other.rig.stop().then(() => (isStopped = true));
    await other.until("the end of the application", () => isStopped);
    faults.clear();
    await other.rig.start();
    await shown(other, run);
    const texts = slotTexts(other, run);
    expect(Object.keys(texts)).toHaveLength(3);
    expect(texts["card"]).toContain("Succeeded");
  });
});
