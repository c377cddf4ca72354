import { readFile, writeFile } from "node:fs/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { SlackFault } from "../../src/simulator/slack-faults.ts";
import { ANA, BEN, DEPLOYS, GUS, MARCO, OLGA, PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";
import { pressAndHear, pressButton, toldTo } from "../support/gate-clicks.ts";

const LIVE = DEMO_COMMITS.checkoutLive;
const TARGET = DEMO_COMMITS.target;
const GATE = "promote/for-each[prod]/gate";

async function parked(day: BadDay): Promise<AskedRun> {
  const run = await day.start("/promote checkout abc123 to prod");
  await run.gate();
  return run;
}

/** The run waits for a decision as before, and prod is what it was. */
function expectPending(day: BadDay, run: AskedRun): void {
  expect(run.state.steps.get(GATE)?.status).toBe("running");
  expect(run.eventsOf("gate.decided")).toEqual([]);
  expect(day.deployments("checkout-prod")).toEqual([LIVE]);
}

async function openForm(day: BadDay, run: AskedRun, user = PRIYA): Promise<void> {
  await pressButton(day, { user, message: await run.gate(), actionId: "gate_reject" });
  await day.until("the form", () => day.rig.world.slack.world.views.stack(user).length > 0);
}

describe("who is in the group cannot be found out", () => {
  let day: BadDay;
  let run: AskedRun;

  beforeAll(async () => {
    day = await BadDay.open();
    run = await parked(day);
  });

  afterAll(() => day[Symbol.asyncDispose]());

  const faults: readonly (readonly [string, string, SlackFault])[] = [
    ["the members of the group: 429", "usergroups.users.list", { kind: "rate-limited", retryAfterSeconds: 30 }],
    ["the members of the group: 500", "usergroups.users.list", { kind: "status", status: 500 }],
    ["the members of the group: a page of a proxy", "usergroups.users.list", { kind: "html" }],
    [
      "the members of the group: a right is missing",
      "usergroups.users.list",
      { kind: "error", error: "missing_scope" },
    ],
    ["who the person is: 429", "users.info", { kind: "rate-limited" }],
    ["who the person is: the connection breaks", "users.info", { kind: "reset", when: "before" }],
  ];

  it.each(faults)("%s refuses, and the run waits on", async (_what, method, fault) => {
    // What Slack said before does not count any more.
    day.clock.skip(60_000);
    const heal = day.rig.world.slack.world.faults.add({ method, fault });
    const answer = await pressAndHear(day, { user: PRIYA, message: await run.gate() });
    heal();
    expect(answer).toMatch(/Slack does not say right now who is .*, so nothing was decided\. Try again in a minute\./u);
    expect(run.eventsOf("gate.refused").at(-1)).toMatchObject({ code: "approval.unverifiable" });
    expectPending(day, run);
  });

  it("a group that is gone refuses, and says whom to ask", async () => {
    const { workspace } = day.rig.world.slack.world;
    const group = workspace.group("S0APPROVE1");
    workspace.removeGroup("S0APPROVE1");
    day.clock.skip(60_000);
    const answer = await pressAndHear(day, { user: PRIYA, message: await run.gate() });
    expect(answer).toContain("The group that may decide does not exist any more.");
    expect(answer).toContain("Ask whoever runs Quarterdeck to name another in its configuration.");
    expectPending(day, run);
    if (group !== undefined) workspace.putGroup(group);
  });

  it("and as soon as Slack answers again the same click counts", async () => {
    await pressButton(day, { user: PRIYA, message: await run.gate() });
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET]);
    expect(run.eventsOf("gate.decided")).toMatchObject([{ decision: "approve", groups: ["S0APPROVE1"] }]);
  });
});

describe("membership at the moment of the click", () => {
  it("somebody who was taken out of the group may not decide any more, a minute later at the latest", async () => {
    await using day = await BadDay.open();
    const run = await parked(day);
    // Slack is asked who is in the group, and says so.
    await pressAndHear(day, { user: BEN, message: await run.gate() });
    day.rig.world.slack.administration.setGroupMembers("S0APPROVE1", [MARCO, BEN]);
    day.clock.skip(60_000);
    expect(await pressAndHear(day, { user: PRIYA, message: await run.gate() })).toContain(
      "not among those who may decide",
    );
    expectPending(day, run);
    await pressButton(day, { user: BEN, message: await run.gate() });
    await run.ended("succeeded");
  });
});

describe("two have to approve", () => {
  it("the same person counts once, and a second one lets it through", async () => {
    await using day = await BadDay.open({ configure: (text) => text.replaceAll("quorum: 1", "quorum: 2") });
    const run = await parked(day);
    await pressButton(day, { user: PRIYA, message: await run.gate() });
    expect(await run.reply(/1 more of 2 approvals needed/u)).toContain(`approved by <@${PRIYA}>`);
    expect(await run.card(/waits for approval/u)).toContain("(1 of 2)");
    expect(await pressAndHear(day, { user: PRIYA, message: await run.gate() })).toContain(
      "You have decided on this already; the next decision is someone else's.",
    );
    expect(day.deployments("checkout-prod")).toEqual([LIVE]);
    await pressButton(day, { user: MARCO, message: await run.gate() });
    await run.ended("succeeded");
    expect(await run.reply(/Approved by/u)).toContain(`Approved by <@${PRIYA}> and <@${MARCO}>`);
  });

  it("one rejection ends it, whoever approved before", async () => {
    await using day = await BadDay.open({ configure: (text) => text.replaceAll("quorum: 1", "quorum: 2") });
    const run = await parked(day);
    await pressButton(day, { user: PRIYA, message: await run.gate() });
    await run.reply(/1 more of 2 approvals needed/u);
    await openForm(day, run, MARCO);
    await day.rig.world.slack.people.submitModal({ user: MARCO, values: { text: "the tax tables are wrong" } });
    await run.ended("failed");
    expect(day.deployments("checkout-prod")).toEqual([LIVE]);
  });
});

describe("a rejection", () => {
  let day: BadDay;
  let run: AskedRun;

  beforeAll(async () => {
    day = await BadDay.open();
    run = await parked(day);
  });

  afterAll(() => day[Symbol.asyncDispose]());

  it("says in the form what it is about and what it does", async () => {
    await openForm(day, run);
    const form = JSON.stringify(day.rig.world.slack.world.views.stack(PRIYA)[0]?.source);
    expect(form).toContain("checkout abc1236 to prod");
    expect(form).toContain("The run ends, and it changes nothing more.");
  });

  it("asks for a reason that is more than white space, and keeps the form open until there is one", async () => {
    const { people } = day.rig.world.slack;
    expect(await people.submitModal({ user: PRIYA, values: {} })).toMatchObject({ status: "incomplete" });
    const blank = await people.submitModal({ user: PRIYA, values: { text: " \n\u200B " } });
    expect(blank).toMatchObject({ status: "errors", errors: { reason: expect.stringContaining("Say why") } });
    expectPending(day, run);
  });

  it("tells to press again when Slack did not let the form be opened", async () => {
    const { faults } = day.rig.world.slack.world;
    faults.add({ method: "views.open", fault: { kind: "error", error: "expired_trigger_id" }, times: 1 });
    const answer = await pressAndHear(day, { user: MARCO, message: await run.gate(), actionId: "gate_reject" });
    expect(answer).toContain("Nothing was decided.");
    expect(answer).toContain("Press Reject again");
    expectPending(day, run);
  });

  it("opens the form for somebody who may not decide, and refuses what they send", async () => {
    await openForm(day, run, GUS);
    await day.rig.world.slack.people.submitModal({ user: GUS, values: { text: "because" } });
    await day.until("the refusal", () => toldTo(day, GUS, DEPLOYS).some((text) => text.includes("Guests cannot")));
    expectPending(day, run);
  });

  it("ends the run with who and why, in full and harmless, and calls the requester instead of those on call", async () => {
    const reason = `No: <!channel> <@${BEN}> *tables* \`x\` ${"long ".repeat(150)}end`;
    const result = await day.rig.world.slack.people.submitModal({ user: PRIYA, values: { text: reason } });
    expect(result).toEqual({ status: "closed" });
    const card = await run.ended("failed");
    expect(card).toContain("Rejected");
    expect(card).toContain(`<@${PRIYA}>`);
    expect(card).toContain("No: &lt;!channel&gt; &lt;@");
    expect(card).toContain("end");
    const request = await run.reply(/Rejected by/u);
    expect(request).toContain(`Rejected by <@${PRIYA}>`);
    expect(request).not.toContain("Approve this");
    expect(run.eventsOf("gate.decided")).toMatchObject([{ decision: "reject", reason: reason.trim() }]);
    const told = await run.reply(new RegExp(`^<@${ANA}>`, "u"));
    expect(told).toContain("was rejected");
    const everything = day.rig.world.slack.world.messages.all(DEPLOYS).map((message) => JSON.stringify(message));
    for (const message of everything) {
      expect(message).not.toContain("S0ONCALL01");
      expect(message).not.toContain("<!channel>");
      expect(message).not.toContain(`<@${BEN}>`);
    }
    expect(day.deployments("checkout-prod")).toEqual([LIVE]);
  });
});

describe("nobody answers", () => {
  it("the run stops, lets nothing through, and says so to whoever asked", async () => {
    await using day = await BadDay.open();
    const run = await parked(day);
    const gate = await run.gate();
    day.clock.skip(3_600_000);
    const card = await run.ended("failed");
    expect(card).toContain("Stopped, nobody decided in time");
    expect(await run.reply(/Expired/u)).toContain("Nobody decided in time. Nothing was changed");
    expect(await run.reply(new RegExp(`^<@${ANA}>`, "u"))).toContain("nobody decided in time");
    expect(day.deployments("checkout-prod")).toEqual([LIVE]);
    expect(await pressAndHear(day, { user: PRIYA, message: gate, from: gate })).toContain("Nobody decided in time.");
    expect(run.eventsOf("gate.decided")).toEqual([]);
    const shared = day.rig.world.slack.world.messages.all(DEPLOYS).map((message) => JSON.stringify(message));
    expect(shared.some((message) => message.includes("S0ONCALL01"))).toBe(false);
  });
});

describe("who may approve is changed in the configuration while a request is open", () => {
  it("voids the request at the click, asks anew under the new rule, and refuses the old buttons", async () => {
    await using day = await BadDay.open();
    const run = await parked(day);
    const old = await run.gate();
    await day.rig.stop();
    const file = day.rig.world.configurationFile;
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replaceAll("{ group: S0APPROVE1, handle: release-approvers }", `{ user: ${OLGA} }`));
    await day.rig.start();
    const answer = await pressAndHear(day, { user: PRIYA, message: old });
    expect(answer).toContain("Nothing was approved");
    expect(answer).toContain("the rule about who may approve changed");
    expect(await run.reply(/is void/u)).toContain("the rule about who may approve changed");
    const fresh = await run.gate();
    expect(fresh.ts).not.toBe(old.ts);
    expect(JSON.stringify(fresh.blocks)).toContain(`<@${OLGA}>`);
    const stale = await pressAndHear(day, { user: OLGA, message: old, from: old });
    expect(stale).toContain("This request was replaced by a newer one");
    expect(await pressAndHear(day, { user: PRIYA, message: fresh })).toContain("not among those who may decide");
    expectPending(day, run);
    await pressButton(day, { user: OLGA, message: fresh });
    await run.ended("succeeded");
  });
});

describe("who may start a run", () => {
  it("is refused with what it takes, or with what could not be found out, and nothing is started", async () => {
    const granted = (text: string): string =>
      text.replace("team: [everyone]", `team: [{ group: S0APPROVE1, handle: release-approvers }]`);
    await using day = await BadDay.open({ configure: granted });
    const { faults } = day.rig.world.slack.world;
    const line = "/promote checkout abc123 to prod";
    faults.add({ method: "users.info", fault: { kind: "status", status: 500 }, times: 3 });
    expect(await day.ask(line, PRIYA)).toContain("Slack does not say right now who you are, so nothing was started.");
    const heal = faults.add({ method: "usergroups.users.list", fault: { kind: "rate-limited", retryAfterSeconds: 5 } });
    expect(await day.ask(line, PRIYA)).toContain("so nothing was started. Try again in a minute.");
    heal();
    expect(await day.ask(line, ANA)).toContain("You may not promote checkout in staging. It takes the role team.");
    expect(await day.ask(line, GUS)).toContain("Guests cannot do this; only full members of the workspace can.");
    expect(day.runCount).toBe(0);
    await day.start(line, PRIYA);
  });
});
