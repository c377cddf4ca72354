import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ANA, BEN, DEPLOYS, MARCO, OLGA, PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";
import { pressAndHear } from "../support/gate-clicks.ts";

const LEA = "U0LEA00001";
const LEA_AT_HOME = "U0LEA00002";

// People are looked up anew after a minute.
const FRESH_MS = 61_000;

async function parked(day: BadDay, user = ANA): Promise<AskedRun> {
  const run = await day.start("/promote checkout abc123 to prod", user);
  await run.gate();
  return run;
}

function leaves(day: BadDay, user: string): void {
  day.rig.world.slack.administration.changeUser(user, { deactivated: true });
  day.clock.skip(FRESH_MS);
}

describe("whoever asked for a run leaves while it waits for an approval", () => {
  let day: BadDay;
  let run: AskedRun;

  beforeAll(async () => {
    day = await BadDay.open({ configure: (text) => `${text}\npeople:\n  - { slack: [${LEA}, ${LEA_AT_HOME}] }\n` });
    const { workspace } = day.rig.world.slack.world;
    for (const [id, handle] of [
      [LEA, "lea"],
      [LEA_AT_HOME, "lea-at-home"],
    ] as const) {
      workspace.putUser({ id, handle, realName: "Lea Vers" });
      workspace.addMember(DEPLOYS, id);
    }
    const group = workspace.group("S0APPROVE1");
    if (group === undefined) throw new Error("the demo has no group of approvers");
    workspace.putGroup({ ...group, members: [...group.members, LEA_AT_HOME] });
    run = await parked(day, LEA);
    leaves(day, LEA);
  });
  afterAll(() => day[Symbol.asyncDispose]());

  it("the gate still knows who it was: another account of theirs may not approve", async () => {
    const told = await pressAndHear(day, { user: LEA_AT_HOME, message: await run.gate() });
    expect(told).toContain("You asked for this run, so someone else has to decide on it.");
    expect(run.eventsOf("gate.decided")).toEqual([]);
  });

  it("others approve it, also after a restart, and it ends as it would have, in their name", async () => {
    await day.rig.stop();
    await day.rig.start();
    await run.approve(PRIYA);
    expect(await run.ended("succeeded")).toContain(`asked for by <@${LEA}>`);
  });
});

describe("whoever has approved leaves before the others do", () => {
  it("their approval stays, and one more is enough", async () => {
    await using day = await BadDay.open({ configure: (text) => text.replaceAll("quorum: 1", "quorum: 2") });
    const run = await parked(day);
    await run.approve(PRIYA);
    await run.reply(/1 more of 2 approvals needed/u);
    leaves(day, PRIYA);
    await run.approve(MARCO);
    await run.ended("succeeded");
    expect(await run.reply(/Approved by/u)).toContain(`Approved by <@${PRIYA}> and <@${MARCO}>`);
  });
});

describe("whoever has locked something leaves", () => {
  it("the lock stays and says whose it is, also after a restart, and whoever may lifts it", async () => {
    await using day = await BadDay.open();
    await day.ask("/qd lock checkout in prod because the database moves", BEN);
    leaves(day, BEN);
    await day.rig.stop();
    await day.rig.start();
    const held = new RegExp(`checkout/prod.* is locked by <@${BEN}> since .*: the database moves`, "u");
    const refused = await day.ask("/promote checkout abc123 to prod");
    expect(refused).toMatch(held);
    expect(refused).toContain("Whoever may lifts it with `/qd unlock checkout in prod`.");
    expect(await day.ask("/qd lock checkout in prod because of me", OLGA)).toMatch(held);
    expect(await day.ask("/qd unlock checkout in prod", OLGA)).toContain("checkout in prod is unlocked.");
    await parked(day);
  });
});
