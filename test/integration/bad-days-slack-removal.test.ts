import { readFile, writeFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, DEPLOYS, MARCO, PRIYA } from "../support/app-rig.ts";
import { AskedRun, BadDay, words } from "../support/bad-day.ts";
import { pressButton } from "../support/gate-clicks.ts";
import { shown, slotMessages } from "../support/slot-messages.ts";

const TEAM = "C0TEAM0001";
const GATE = "gate/0/promote/for-each[prod]/gate";
const STAGING = "promote/for-each[staging]/healthy";

/** A workspace with a channel of a team beside the one that is configured. */
async function open(kind: "public" | "private" = "public"): Promise<BadDay> {
  const day = await BadDay.open();
  const { workspace } = day.rig.world.slack.world;
  workspace.putChannel({ id: TEAM, name: "team", kind, members: [ANA, MARCO, PRIYA, workspace.app.botUserId] });
  return day;
}

async function startIn(day: BadDay, channel: string): Promise<AskedRun> {
  await day.rig.type(ANA, "/promote checkout abc123 to prod", channel);
  const id = await day.until("the run", () => day.rig.application.store.events.listRuns({ limit: 1 })[0]?.id);
  return new AskedRun(day, id);
}

/** What the app has written to a person directly. */
function directly(day: BadDay, user: string): string {
  const { workspace, messages } = day.rig.world.slack.world;
  const { id } = workspace.directMessage([workspace.app.botUserId, user]);
  return messages.all(id).map(words).join("\n");
}

/** The newest message of a slot that stands in a channel. */
function inChannel(
  day: BadDay,
  run: AskedRun,
  at: { readonly slot: string; readonly channel: string },
): SlackMessage | undefined {
  return slotMessages(day, run)
    .get(at.slot)
    ?.find(({ channel }) => channel === at.channel);
}

async function stagingIsHealthy(day: BadDay, run: AskedRun): Promise<void> {
  await day.until("staging to be healthy", () => run.state.steps.get(STAGING)?.status === "succeeded");
}

describe("a channel that is archived while a run goes on", () => {
  it("keeps what it shows; the run moves to the team's channel, and whoever asked learns it", async () => {
    await using day = await open();
    const run = await startIn(day, TEAM);
    await day.until("the card", () => inChannel(day, run, { slot: "card", channel: TEAM }));
    day.rig.world.slack.administration.archive(TEAM);
    const gate = await day.until("the request", () => inChannel(day, run, { slot: GATE, channel: DEPLOYS }));
    expect(inChannel(day, run, { slot: "card", channel: TEAM })).toBeDefined();
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(words(inChannel(day, run, { slot: "card", channel: DEPLOYS }) ?? gate)).toContain("Succeeded");
    expect(directly(day, ANA)).toContain(
      `cannot be shown in <#${TEAM}>\nIt is archived. The run is shown in <#${DEPLOYS}>`,
    );
  });

  it("with an open request: whoever looks for it finds it in the team's channel", async () => {
    await using day = await open();
    const run = await startIn(day, TEAM);
    await day.until("the request", () => inChannel(day, run, { slot: GATE, channel: TEAM }));
    day.rig.world.slack.administration.archive(TEAM);
    expect(await day.ask("/promote checkout abc123 to prod")).toContain("is doing exactly this already");
    const gate = await day.until("the request", () => inChannel(day, run, { slot: GATE, channel: DEPLOYS }));
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(directly(day, ANA)).toContain("It is archived.");
  });

  it("that is the only one: whoever asked learns what to do, and the run is shown where the configuration says by then", async () => {
    await using day = await open();
    const run = await startIn(day, DEPLOYS);
    await day.until("the card", () => inChannel(day, run, { slot: "card", channel: DEPLOYS }));
    day.rig.world.slack.administration.archive(DEPLOYS);
    await day.until("a word to Ana", () => directly(day, ANA).includes("Nobody can be asked for the approval"));
    expect(directly(day, ANA)).toMatch(
      /It is archived\. Whoever runs Quarterdeck can .* name another one as `channel`/u,
    );
    const { configurationFile: file } = day.rig.world;
    await writeFile(file, (await readFile(file, "utf8")).replace(`channel: ${DEPLOYS}`, `channel: ${TEAM}`));
    await day.rig.application.reload();
    const gate = await day.until(
      "the request",
      () => inChannel(day, run, { slot: GATE, channel: TEAM }),
      () => true,
    );
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
  });
});

describe.each([
  ["public", "Quarterdeck is not in it"],
  ["private", "Quarterdeck cannot see it"],
] as const)("the app is removed from a %s channel while a run goes on", (kind, why) => {
  it("the run moves to the team's channel, and whoever asked learns it", async () => {
    await using day = await open(kind);
    const run = await startIn(day, TEAM);
    await day.until("the card", () => inChannel(day, run, { slot: "card", channel: TEAM }));
    const { administration, world } = day.rig.world.slack;
    administration.removeMember(TEAM, world.workspace.app.botUserId);
    const gate = await day.until("the request", () => inChannel(day, run, { slot: GATE, channel: DEPLOYS }));
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(directly(day, ANA)).toContain(why);
    expect(directly(day, ANA)).toContain(`invite it there with /invite. The run is shown in <#${DEPLOYS}> instead.`);
  });
});

describe("the app is removed from the team's channel itself", () => {
  it("whoever asked learns it; the request is there when it is invited back", async () => {
    await using day = await open();
    const run = await startIn(day, DEPLOYS);
    await day.until("the card", () => inChannel(day, run, { slot: "card", channel: DEPLOYS }));
    const { administration, world } = day.rig.world.slack;
    administration.removeMember(DEPLOYS, world.workspace.app.botUserId);
    await stagingIsHealthy(day, run);
    await day.until("a word to Ana", () =>
      directly(day, ANA).includes("Nobody can be asked for the approval until then."),
    );
    administration.addMember(DEPLOYS, world.workspace.app.botUserId);
    const gate = await day.until(
      "the request",
      () => inChannel(day, run, { slot: GATE, channel: DEPLOYS }),
      () => true,
    );
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(slotMessages(day, run).get("card")).toHaveLength(1);
  });
});

describe("the app is uninstalled while a run goes on", () => {
  it("the run goes on to its gate and stays there; all of it is shown when the app is installed again", async () => {
    await using day = await open();
    const run = await startIn(day, DEPLOYS);
    await day.until("the card", () => inChannel(day, run, { slot: "card", channel: DEPLOYS }));
    const { socket, world } = day.rig.world.slack;
    for (const token of ["bot", "app"] as const) world.tokens.refuse(token, "account_inactive");
    socket.kill();
    await stagingIsHealthy(day, run);
    await day.until("the gate", () => run.eventsOf("gate.opened").length === 1);
    const refused = day.rig.log.filter(({ level }) => level === "error").map(({ message }) => message);
    expect(refused).toContainEqual(expect.stringContaining("Slack refuses the bot token"));
    expect(slotMessages(day, run).get(GATE)).toBeUndefined();
    const ready = await fetch(`${day.rig.application.address}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ slack: "disconnected" })]);
    const connections = (): number => day.rig.log.filter(({ message }) => message === "connected to Slack").length;
    const before = connections();
    for (const token of ["bot", "app"] as const) world.tokens.refuse(token, undefined);
    const isIdle = (): boolean => true;
    const gate = await day.until("the request", () => inChannel(day, run, { slot: GATE, channel: DEPLOYS }), isIdle);
    await day.until("a connection", () => connections() > before, isIdle);
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(slotMessages(day, run).get("card")).toHaveLength(1);
  });
});
