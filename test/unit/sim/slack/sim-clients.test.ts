import { describe, expect, it } from "vitest";

import { failureOf } from "../../../../src/slack/slack-error.ts";
import type { SlackFailure } from "../../../../src/slack/slack-failure.ts";
import { Life } from "../../../sim/life.ts";
import { simClients, UncaughtFault } from "../../../sim/slack/sim-clients.ts";
import type { SlackReply } from "../../../sim/slack/slack-reply.ts";
import { SlackRig } from "./slack-rig.ts";

type Carry = (port: "slack", call: () => SlackReply) => Promise<SlackReply>;

function outcome(rig: SlackRig, carry: Carry, client: "outbox" | "directory" | "trigger" = "outbox") {
  const clients = simClients({
    call: (method, args) => rig.world.call(method, args),
    carry,
    clock: rig.clock(new Life("test")),
  });
  return clients[client].apiCall("users.info", { user: "U1" }).then(
    () => ({ status: "ok" as const }),
    (error: unknown): SlackFailure => failureOf(error),
  );
}

function says(reply: SlackReply): Carry {
  return () => Promise.resolve(reply);
}

function breaks(error: Error): Carry {
  return async () => {
    throw error;
  };
}

describe("a client of the simulated Slack", () => {
  it("fails as the SDK's client fails", async () => {
    const rig = new SlackRig();
    const coded = (code: string): Error => Object.assign(new Error(code), { code });
    expect(await outcome(rig, (_, call) => Promise.resolve(call()))).toEqual({ status: "ok" });
    expect(await outcome(rig, says({ ok: false, error: "is_archived" }))).toMatchObject({
      status: "refused",
      reason: "channel-lost",
    });
    expect(await outcome(rig, says({ ok: false, error: "ratelimited", status: 429, retryAfterSeconds: 7 }))).toEqual({
      status: "limited",
      afterMs: 7000,
    });
    expect(await outcome(rig, says({ ok: false, error: "http_429", status: 429 }))).toEqual({
      status: "limited",
      afterMs: 30_000,
    });
    expect(await outcome(rig, says({ ok: false, error: "http_502", status: 502 }))).toEqual({
      status: "unknown",
      code: "http_502",
    });
    expect(await outcome(rig, breaks(coded("ECONNREFUSED")))).toEqual({ status: "unsent", code: "ECONNREFUSED" });
    expect(await outcome(rig, breaks(coded("ECONNRESET")))).toEqual({ status: "unknown", code: "ECONNRESET" });
    expect(await outcome(rig, breaks(new UncaughtFault("terminated")))).toEqual({
      status: "unknown",
      code: "terminated",
    });
  });

  it("gives up when nothing comes back", async () => {
    const rig = new SlackRig();
    const ended: unknown[] = [];
    void outcome(rig, () => new Promise(() => undefined), "trigger").then((result) => ended.push(result));
    await rig.pass(2499);
    expect(ended).toEqual([]);
    await rig.pass(2);
    expect(ended).toEqual([{ status: "unknown", code: "TimeoutError" }]);
  });

  it("asks twice more who people are, and nothing else", async () => {
    const rig = new SlackRig();
    let calls = 0;
    const carry: Carry = async () => {
      calls += 1;
      throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    };
    const ending = outcome(rig, carry, "directory");
    await rig.pass(2000);
    expect(await ending).toEqual({ status: "unknown", code: "ECONNRESET" });
    expect(calls).toBe(3);
    await outcome(rig, carry, "outbox");
    expect(calls).toBe(4);
  });
});
