import { describe, expect, it } from "vitest";

import { notice } from "../../../../src/engine/answer.ts";
import type { DecisionArrival } from "../../../../src/slack/front-door.ts";
import { actOnSlack } from "../../../sim/slack/slack-act.ts";
import { GATE, SlackRig } from "./slack-rig.ts";

const TYPED = { kind: "type", user: "U1", command: "/promote", text: "checkout abc123 to prod" } as const;
const APPROVES = { kind: "click", users: ["U3"], button: "approve" } as const;

async function ready(): Promise<SlackRig> {
  const rig = new SlackRig({ limits: 100 });
  await rig.startApp();
  return rig;
}

function decisions(rig: SlackRig): readonly DecisionArrival[] {
  return rig.arrived.flatMap(({ arrival }) => (arrival.kind === "decision" ? [arrival] : []));
}

describe("people in front of the simulated Slack", () => {
  it("type commands, which arrive through Bolt and are acknowledged with the first answer", async () => {
    const rig = await ready();
    rig.answer = () => Promise.resolve(notice("x", "Resolving it."));
    rig.act(TYPED);
    await rig.pass(1000);
    expect(rig.arrived).toMatchObject([
      { arrival: { kind: "slash", command: "/promote", user: "U1", team: "T1", channel: "C1DEPLOYS" } },
    ]);
    const [delivery] = rig.world.truth.deliveries;
    expect(delivery).toMatchObject({ kind: "command", failure: undefined, crash: undefined });
    expect(delivery?.acknowledgedAt).toBeGreaterThan(delivery?.arrivedAt ?? Infinity);
    expect(rig.world.truth.ephemerals).toMatchObject([{ user: "U1", via: "acknowledgement", answers: 0 }]);
    expect(rig.world.truth.ephemerals[0]?.versions[0]?.text).toContain("Resolving it.");
  });

  it("see an error when nobody listens, and when nobody answers in three seconds", async () => {
    const rig = new SlackRig();
    rig.act(TYPED);
    await rig.pass(1000);
    const { receiver } = await rig.startApp();
    rig.answer = () => new Promise(() => undefined);
    rig.act({ ...TYPED, trouble: { lost: "before" } });
    rig.act({ ...TYPED, trouble: { lost: "after" } });
    await rig.pass(4000);
    receiver.kill();
    rig.act(TYPED);
    await rig.pass(1000);
    expect(rig.world.truth.deliveries.map(({ failure }) => failure)).toEqual([
      "dispatch_failed",
      "operation_timeout",
      "operation_timeout",
      "dispatch_failed",
    ]);
    expect(rig.arrived).toHaveLength(1);
  });

  it("press what they see, with the value and the place that Slack has", async () => {
    const rig = await ready();
    const ts = rig.postGate();
    expect(rig.act(APPROVES)).toBe(1);
    await rig.pass(1000);
    expect(decisions(rig)).toMatchObject([{ user: "U3", ...GATE, decision: "approve", channel: "C1DEPLOYS" }]);
    expect(rig.world.truth.deliveries[0]?.click).toMatchObject({ button: "approve", messageTs: ts, isStale: false });
  });

  it("have nothing to press where no such button is shown", async () => {
    const rig = await ready();
    expect(rig.act(APPROVES)).toBe(0);
    const ts = rig.postGate();
    rig.world.call("chat.update", { channel: "C1DEPLOYS", ts, text: "approved", blocks: [] });
    expect(rig.act(APPROVES)).toBe(0);
    expect(rig.act({ ...APPROVES, of: "before" })).toBe(1);
    await rig.pass(1000);
    expect(rig.world.truth.deliveries).toMatchObject([{ click: { isStale: true } }]);
  });

  it("press twice, and two of them at once, each with a trigger of their own", async () => {
    const rig = await ready();
    rig.postGate();
    rig.act({ ...APPROVES, users: ["U2", "U3"], times: 2 });
    await rig.pass(1000);
    expect(
      decisions(rig)
        .map(({ user }) => user)
        .toSorted(),
    ).toEqual(["U2", "U2", "U3", "U3"]);
    expect(new Set(rig.arrived.map(({ key }) => key)).size).toBe(4);
  });

  it("are delivered twice with the same trigger when Slack repeats itself", async () => {
    const rig = await ready();
    rig.postGate();
    rig.act({ ...APPROVES, trouble: { againAfterMs: 40 } });
    await rig.pass(1000);
    expect(rig.arrived).toHaveLength(2);
    expect(new Set(rig.arrived.map(({ key }) => key)).size).toBe(1);
    expect(rig.world.truth.deliveries.map(({ repeats }) => repeats)).toEqual([undefined, 0]);
  });

  it("lie about the digest, the run, the place and themselves", async () => {
    const rig = await ready();
    rig.postGate();
    for (const forged of ["digest", "run", "attempt", "copy", "team", "garbage"] as const) {
      rig.act({ ...APPROVES, forged });
      await rig.pass(1000);
    }
    const [digest, run, attempt, copy, team] = decisions(rig);
    expect(digest).toMatchObject({ ...GATE, digest: "0".repeat(64) });
    expect(run?.run).not.toBe(GATE.run);
    expect(attempt?.attempt).toBe(2);
    expect(copy).toMatchObject({ ...GATE, isCurrent: false });
    expect(team?.team).toBe("T9");
    expect(decisions(rig)).toHaveLength(5);
  });

  it("write why they reject, and send it again when the form says that something was wrong", async () => {
    const rig = await ready();
    rig.postGate();
    let isFull = true;
    rig.answer = () => (isFull ? Promise.reject(new Error("the disk is full")) : Promise.resolve(undefined));
    rig.act({ kind: "click", users: ["U3"], button: "reject", reason: "not on a Friday", writeMs: 2000 });
    await rig.pass(3000);
    isFull = false;
    await rig.pass(10_000);
    expect(decisions(rig).at(-1)).toMatchObject({ ...GATE, decision: "reject", reason: "not on a Friday" });
    const forms = rig.world.truth.deliveries.filter(({ kind }) => kind === "form");
    expect(forms.length).toBeGreaterThan(1);
    expect(rig.world.truth.views).toMatchObject([{ user: "U3", closedAt: forms.at(-1)?.acknowledgedAt }]);
  });

  it("fill in the form of a command, each field from what the application offers for the one before", async () => {
    const rig = await ready();
    rig.answer = () => Promise.resolve({ kind: "form", command: "promote", text: "usage" });
    const fill = [
      { field: "Service", choose: "checkout" },
      { field: "Revision", choose: "abc" },
      { field: "Environment", choose: "prod" },
    ];
    rig.act({ kind: "type", user: "U1", command: "/promote", text: "", fill });
    await rig.pass(30_000);
    expect(rig.arrived.at(-1)?.arrival).toMatchObject({
      kind: "command",
      door: "modal",
      values: { service: "checkout", revision: "abc123", environment: "prod" },
    });
    expect(rig.world.truth.views).toMatchObject([{ user: "U1", closedAt: expect.any(Number) }]);
    expect(rig.world.truth.deliveries.filter(({ failure, crash }) => failure ?? crash)).toEqual([]);
  });

  it("can do nothing once they are deactivated, also not with the form that they had open", async () => {
    const rig = await ready();
    rig.postGate();
    rig.act({ kind: "click", users: ["U3"], button: "reject", reason: "no", writeMs: 5000 });
    await rig.pass(2000);
    actOnSlack({ kind: "set-standing", user: "U3", standing: "deleted" }, rig.world, rig.line);
    await rig.pass(10_000);
    expect(decisions(rig)).toHaveLength(0);
    expect(rig.act(APPROVES)).toBe(0);
  });

  it("open the Home tab, of which Slack tells again while nobody listens", async () => {
    const rig = new SlackRig();
    rig.act({ kind: "open-home", user: "U1" });
    await rig.pass(30_000);
    await rig.startApp();
    await rig.pass(120_000);
    expect(rig.opened).toEqual(["U1"]);
    const [delivery] = rig.world.truth.deliveries;
    expect(delivery?.failure).toBeUndefined();
    expect(delivery?.acknowledgedAt).toBeGreaterThan(0);
  });
});
