import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, BEN, DEPLOYS, GUS, MARCO, PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay, words } from "../support/bad-day.ts";
import { linksIn, mentionsIn } from "../support/mentions.ts";
import { pressAndHear, pressButton, toldTo } from "../support/gate-clicks.ts";

const ANAS_OTHER = "U0ANA00002";
const ROBOT = "U0ROBOT001";
const SAM = "U0SAM00001";
const LEAVER = "U0LEAVER01";
const LIVE = DEMO_COMMITS.checkoutLive;
const TARGET = DEMO_COMMITS.target;

interface Parked {
  readonly run: AskedRun;
  readonly gate: SlackMessage;
}

async function parked(day: BadDay): Promise<Parked> {
  const run = await day.start("/promote checkout abc123 to prod");
  return { run, gate: await run.gate() };
}

/** The run waits for a decision as before, and prod is what it was. */
function expectPending(day: BadDay, { run, gate }: Parked): void {
  expect(run.state.steps.get("promote/for-each[prod]/gate")?.status).toBe("running");
  expect(run.eventsOf("gate.decided")).toEqual([]);
  expect(day.deployments("checkout-prod")).toEqual([LIVE]);
  const now = day.rig.world.slack.world.messages.message(DEPLOYS, gate.ts);
  expect(JSON.stringify(now?.blocks)).toContain("gate_approve");
}

describe("somebody who may not decide presses Approve", () => {
  let day: BadDay;
  let at: Parked;

  beforeAll(async () => {
    const people = `people:\n  - { slack: [${ANA}, ${ANAS_OTHER}] }\n`;
    day = await BadDay.open({ configure: (text) => `${text}\n${people}` });
    const { workspace } = day.rig.world.slack.world;
    workspace.putUser({ id: ANAS_OTHER, handle: "ana-at-home", realName: "Ana Lopez" });
    workspace.putUser({ id: ROBOT, handle: "robot", realName: "Robot", role: "bot" });
    workspace.putUser({ id: LEAVER, handle: "lea", realName: "Lea Vers" });
    workspace.addMember(DEPLOYS, SAM);
    // All of them are in the group, so that it is not the group that keeps them out.
    const group = workspace.group("S0APPROVE1");
    if (group === undefined) throw new Error("the demo has no group of approvers");
    workspace.putGroup({ ...group, members: [PRIYA, MARCO, ANAS_OTHER, ROBOT, GUS, SAM, LEAVER] });
    at = await parked(day);
  });

  it("the request calls the approvers and names the requester, whatever stands in the commits", () => {
    expect(new Set(mentionsIn(at.gate))).toEqual(new Set(["<!subteam^S0APPROVE1>", `<@${ANA}>`]));
    const own = day.rig.world.argocd.url;
    for (const link of linksIn(at.gate)) expect(link).toContain(own);
  });

  afterAll(() => day[Symbol.asyncDispose]());

  it.each([
    ["the requester", ANA, "approval.requester", "You asked for this run, so someone else has to decide on it."],
    [
      "the requester with a second account",
      ANAS_OTHER,
      "approval.requester",
      "You asked for this run, so someone else",
    ],
    ["a guest", GUS, "approval.guest", "Guests cannot do this; only full members of the workspace can."],
    ["somebody of another workspace", SAM, "approval.stranger", "You belong to another workspace"],
    ["an app", ROBOT, "approval.bot", "Only people can do this, not apps."],
    [
      "somebody outside of the group",
      BEN,
      "approval.not-in-group",
      "not among those who may decide on this (@release-approvers)",
    ],
  ])("%s is told why not, and nothing happens", async (_who, user, code, says) => {
    const answer = await pressAndHear(day, { user, message: at.gate });
    expect(answer).toContain(says);
    expect(answer).toContain(code);
    const refusal = at.run.eventsOf("gate.refused").at(-1);
    expect(refusal).toMatchObject({ code, decision: "approve", path: "promote/for-each[prod]/gate" });
    expect(day.rig.application.store.people.person(refusal?.actor ?? "")).toMatchObject({ user });
    expectPending(day, at);
  });

  it("each is told so in the thread in which they pressed it", () => {
    const told = day.rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === GUS);
    expect(told.map(({ threadTs }) => threadTs)).toEqual([at.gate.threadTs]);
    expect(at.gate.threadTs).toBeDefined();
  });

  it("somebody whose account was deactivated while the click was under way is refused", async () => {
    const { socket, administration } = day.rig.world.slack;
    socket.hold();
    const answer = pressAndHear(day, { user: LEAVER, message: at.gate });
    administration.changeUser(LEAVER, { deactivated: true });
    socket.release();
    expect(await answer).toContain("This Slack account is deactivated.");
    expectPending(day, at);
  });

  it("a button on a copy of the message decides nothing, whoever presses it", async () => {
    const copy = day.rig.world.slack.world.messages.add({
      channel: DEPLOYS,
      user: BEN,
      text: at.gate.text,
      blocks: at.gate.blocks,
    });
    const answer = await pressAndHear(day, { user: PRIYA, message: copy });
    expect(answer).toContain("This button is on a copy of the message. Use the one in the run's own thread.");
    expectPending(day, at);
  });

  it("and none of this was told to anybody else", () => {
    const shared = day.rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === undefined);
    for (const message of shared) expect(words(message)).not.toMatch(/Guests|deactivated|another workspace/u);
  });
});

describe("clicks of those who may decide", () => {
  it("two at the same moment are one decision, and the second is told whose", async () => {
    await using day = await BadDay.open();
    const { run, gate } = await parked(day);
    const { socket } = day.rig.world.slack;
    socket.hold();
    const clicks = [PRIYA, MARCO].map((user) => pressButton(day, { user, message: gate }));
    socket.release();
    await Promise.all(clicks);
    await run.ended("succeeded");
    const [decided, ...more] = run.eventsOf("gate.decided");
    expect(more).toEqual([]);
    const first = day.rig.application.store.people.person(decided?.actor ?? "")?.user;
    const second = first === PRIYA ? MARCO : PRIYA;
    const told = await day.until("the second to be told", () => toldTo(day, second, DEPLOYS).at(-1));
    expect(told).toContain("It was already approved.");
    expect(told).toContain(`<@${first}>`);
    expect(toldTo(day, first ?? "", DEPLOYS)).toEqual([]);
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET]);
  });

  it("an approval and a rejection at the same moment are one decision", async () => {
    await using day = await BadDay.open();
    const { run, gate } = await parked(day);
    const { socket, people, world } = day.rig.world.slack;
    await pressButton(day, { user: MARCO, message: gate, actionId: "gate_reject" });
    await day.until("the form", () => world.views.stack(MARCO).length > 0);
    socket.hold();
    const both = [
      pressButton(day, { user: PRIYA, message: gate }),
      people.submitModal({ user: MARCO, values: { text: "not today" } }),
    ];
    socket.release();
    await Promise.all(both);
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    await day.until("both to be dealt with", () => day.rig.application.store.events.openIntents().length === 0);
    expect(run.eventsOf("gate.decided")).toHaveLength(1);
    expect(run.eventsOf("gate.refused")).toMatchObject([{ code: "gate.decided" }]);
    const isApproved = run.eventsOf("gate.decided")[0]?.decision === "approve";
    expect(day.deployments("checkout-prod")).toEqual(isApproved ? [LIVE, TARGET] : [LIVE]);
  });

  it("one that Slack delivers twice counts once, and one that comes too late is told whose decision it was", async () => {
    await using day = await BadDay.open();
    const { run, gate } = await parked(day);
    day.rig.world.slack.socket.duplicateNext(1);
    await pressButton(day, { user: PRIYA, message: gate });
    await run.ended("succeeded");
    expect(run.eventsOf("gate.decided")).toHaveLength(1);
    expect(run.eventsOf("gate.refused")).toEqual([]);
    expect(toldTo(day, PRIYA, DEPLOYS)).toEqual([]);
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET]);
    const late = await pressAndHear(day, { user: MARCO, message: gate, from: gate });
    expect(late).toContain("It was already approved.");
    expect(late).toContain(`<@${PRIYA}>`);
  });

  it("the same asked by several at one moment is one run, and the others are led to it", async () => {
    await using day = await BadDay.open();
    // What there is of the repository is there, so that nothing spreads the requests out.
    await (await day.start("/qd sync web in staging")).ended("succeeded");
    const { socket, people } = day.rig.world.slack;
    const everybody = [ANA, BEN, PRIYA, MARCO];
    socket.hold();
    const typed = everybody.map((user) =>
      people.typeCommand({ user, channel: DEPLOYS, text: "/qd sync web in staging" }),
    );
    socket.release();
    await Promise.all(typed);
    const joined = (): readonly string[] =>
      everybody.flatMap((user) => toldTo(day, user, DEPLOYS)).filter((text) => text.includes("exactly this already"));
    await day.until("all of them to be answered", () => joined().length === 3);
    expect(day.runCount).toBe(2);
    for (const text of joined()) expect(text).toContain("Sync web in staging at 41360f4");
  });

  it("a command that Slack delivers twice starts one run", async () => {
    await using day = await BadDay.open();
    day.rig.world.slack.socket.duplicateNext(1);
    const { run } = await parked(day);
    expect(day.runCount).toBe(1);
    expect(run.eventsOf("run.started")).toHaveLength(1);
    const [told = "", ...more] = toldTo(day, ANA, DEPLOYS);
    expect(told).toContain("Started run_");
    expect(more).toEqual([]);
  });
});
