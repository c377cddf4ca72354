import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, DEPLOYS, PRIYA } from "../support/app-rig.ts";
import { makeRunLink } from "../../src/web/run-link.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";
import { pressAndHear, pressButton } from "../support/gate-clicks.ts";
import { slotMessages } from "../support/slot-messages.ts";

let folder = "";
let commands = "";
let day: BadDay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-late-"));
  commands = join(folder, "commands");
  await cp(new URL("../../commands", import.meta.url).pathname, commands, { recursive: true });
  day = await BadDay.open({ environment: { QUARTERDECK_COMMANDS: commands } });
});
afterAll(async () => {
  await day[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => day.noFaults());

/** Changes quarterdeck.yaml for one test. */
async function edit(change: (text: string) => string): Promise<() => Promise<void>> {
  const { configurationFile: file } = day.rig.world;
  const before = await readFile(file, "utf8");
  const after = change(before);
  if (after === before) throw new Error("nothing was changed");
  await writeFile(file, after);
  await day.rig.application.reload();
  return async () => {
    await writeFile(file, before);
    await day.rig.application.reload();
  };
}

async function restart(between: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  await day.rig.stop();
  await between();
  await day.rig.start();
}

function cardOf(run: AskedRun): SlackMessage {
  const card = slotMessages(day, run).get("card")?.at(-1);
  if (card === undefined) throw new Error("there is no card");
  return card;
}

/** The action of the button with this text. */
function actionOf(message: SlackMessage, text: string): string {
  const blocks = JSON.stringify(message.blocks);
  const [, action] = new RegExp(`"text":"${text}"[^{}]*\\}[^{}]*?"action_id":"(command_\\d+)"`, "u").exec(blocks) ?? [];
  if (action === undefined) throw new Error(`no ${text} on ${blocks}`);
  return action;
}

const LINK = /<(http[^|>]*\/runs\/[^|>]*)\|/u;

/** The newest private message with a link to a page. */
async function pageLink(): Promise<string> {
  const { messages } = day.rig.world.slack.world;
  const all = (): readonly string[] => messages.all(DEPLOYS).map(({ blocks }) => JSON.stringify(blocks));
  return await day.until("a link", () => all().findLast((text) => LINK.test(text)));
}

describe("buttons on a card that is older than a restart", () => {
  it("do what they say", async () => {
    const run = await day.start("/promote checkout abc123 to prod");
    const gate = await run.gate();
    const card = cardOf(run);
    await restart();
    const told = await pressAndHear(day, { user: ANA, message: card, actionId: actionOf(card, "Cancel") });
    expect(told).toContain("is being cancelled");
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    expect(run.state.status).toBe("cancelled");
    const again = { user: ANA, message: card, actionId: actionOf(card, "Cancel"), from: card };
    expect(await pressAndHear(day, again)).toContain("It was cancelled already.");
    const late = await pressAndHear(day, { user: PRIYA, message: gate, from: gate });
    expect(late).toContain("There is nothing left to decide here: the run was cancelled.");
    expect(run.eventsOf("gate.decided")).toEqual([]);
  });

  it("say that the command is gone, when the files do not have it any more", async () => {
    const run = await day.start("/promote payments abc123 to prod");
    await run.gate();
    const card = cardOf(run);
    const cancel = await readFile(join(commands, "cancel.yaml"), "utf8");
    await restart(() => rm(join(commands, "cancel.yaml")));
    const told = await pressAndHear(day, { user: ANA, message: card, actionId: actionOf(card, "Cancel") });
    expect(told).toMatch(/There is no command "cancel" any more.*Nothing was done\. \/qd help shows/u);
    expect(run.state.finishedAt).toBeUndefined();
    await writeFile(join(commands, "cancel.yaml"), cancel);
    await day.rig.application.reload();
    await run.dismiss();
  });
});

const FORM = { form_service: "web", form_revision: "bf0f508", form_environment: "staging" };

describe("a form that is sent after what it is about has gone", () => {
  it("says so at its field, stays open, and starts nothing", async () => {
    const { people, world } = day.rig.world.slack;
    await people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/promote" });
    const form = await day.until("the form", () => world.views.stack(ANA).at(-1));
    const chosen: Record<string, string> = {};
    for (const [actionId, value] of Object.entries(FORM)) {
      chosen[actionId] = value;
      const before = world.views.stack(ANA).at(-1)?.hash;
      await people.clickInView({ user: ANA, viewId: form.id, actionId, value, values: { ...chosen } });
      await day.until(`the form after ${actionId}`, () => world.views.stack(ANA).at(-1)?.hash !== before);
    }
    const before = day.runCount;
    const undo = await edit((text) => text.replace(/ {2}- name: web\n.*\n/u, ""));
    expect(await people.submitModal({ user: ANA, values: chosen })).toEqual({
      status: "errors",
      errors: { form_service: 'There is no service "web". Known: checkout, payments.' },
    });
    expect(day.runCount).toBe(before);
    await undo();
    expect(await people.submitModal({ user: ANA, values: chosen })).toEqual({ status: "closed" });
    await day.told(ANA, /Started run_.*: Promote web bf0f508 to staging/u);
    expect(day.runCount).toBe(before + 1);
  });
});

describe("a retry of a run whose application is gone", () => {
  it("from Argo CD: fails again and says so", async () => {
    await day.fault({ kind: "status", status: 403, message: "permission denied", code: 7, matching: "^POST .*/sync" });
    const run = await day.start("/promote payments main to staging");
    await run.ended("failed");
    await day.noFaults();
    await day.remove("payments-staging");
    expect(await day.ask(`/qd retry ${run.id.slice(-4)}`)).toContain("goes on");
    const why = "payments-staging: it does not exist, or the account may not see it";
    await day.until("it to fail again", () => run.state.failure?.failure.message.includes(why));
    expect(await run.card(/does not exist/u)).toContain(why);
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    await day.renew("payments-staging");
  });

  it("from the configuration: goes on with what it was started for", async () => {
    await day.fault({ kind: "status", status: 403, message: "permission denied", code: 7, matching: "^POST .*/sync" });
    const run = await day.start("/promote payments main to staging");
    await run.ended("failed");
    await day.noFaults();
    const undo = await edit((text) => text.replace(/ {2}- name: payments\n.*\n/u, ""));
    expect(await day.ask("/promote payments main to staging")).toContain('There is no service "payments".');
    expect(await day.ask(`/qd retry ${run.id.slice(-4)}`)).toContain("goes on");
    await day.until("the run to succeed", () => run.state.status === "succeeded");
    expect(day.deployments("payments-staging")).toHaveLength(2);
    await undo();
  });
});

describe("the address of a run's page", () => {
  it("is good for an hour, and nothing to another installation", async () => {
    const run = day.rig.application.store.events.listRuns({ limit: 1 })[0]?.id ?? "";
    const told = await day.ask(`/qd page ${run.slice(-4)}`);
    const link = new URL(LINK.exec(await pageLink())?.[1]?.replaceAll("&amp;", "&") ?? told);
    expect((await fetch(link)).status).toBe(200);
    const publicUrl = day.rig.application.address;
    const key = { id: link.searchParams.get("key") ?? "", bytes: randomBytes(32) };
    const foreign = makeRunLink({ publicUrl, run, until: day.clock.now() + 60_000, key });
    const forged = await fetch(foreign);
    expect([forged.status, (await forged.text()).includes("/qd page")]).toEqual([404, true]);
    day.clock.skip(3_600_000);
    const late = await fetch(link);
    expect(late.status).toBe(403);
    expect(await late.text()).toMatch(/This link is no longer good[^]*\/qd page/u);
  });
});

describe("settings that become invalid while a run is under way", () => {
  it("leave it as it is: those before count", async () => {
    const run = await day.start("/promote web main to prod");
    await run.gate();
    const { configurationFile: file } = day.rig.world;
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace("quorum: 1", "quorum: many"));
    await day.rig.application.reload();
    await pressButton(day, { user: PRIYA, message: await run.gate() });
    await run.ended("succeeded");
    await writeFile(file, before);
    await day.rig.application.reload();
  });
});
