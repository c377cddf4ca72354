import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SlackView } from "../../src/simulator/slack-views.ts";
import { ANA, AppRig, DEPLOYS, GUS, PRIYA } from "../support/app-rig.ts";

let rig: AppRig;

beforeAll(async () => {
  rig = await AppRig.open({
    configure: (text) =>
      text
        .replace("verbs: [promote, rollback, sync]", "verbs: [promote, rollback, sync, lock, unlock]")
        .replace("  team: [everyone]", `  team: [{ user: ${ANA} }, { user: ${PRIYA} }]`),
  });
});

afterAll(() => rig[Symbol.asyncDispose]());

type Values = Readonly<Record<string, string>>;

function formOf(user: string): SlackView | undefined {
  return rig.world.slack.world.views.stack(user).at(-1);
}

function contentOf(user: string): string {
  return JSON.stringify(formOf(user)?.source["blocks"] ?? []);
}

async function open(user: string): Promise<SlackView> {
  const result = await rig.world.slack.people.typeCommand({ user, channel: DEPLOYS, text: "/promote" });
  expect(result).not.toHaveProperty("shown");
  await rig.until("a form", () => formOf(user) !== undefined);
  const form = formOf(user);
  if (form === undefined) throw new Error("there is no form");
  return form;
}

async function offered(user: string, actionId: string, typed: string): Promise<readonly string[]> {
  const options = await rig.world.slack.people.askOptions({ user, viewId: formOf(user)?.id ?? "", actionId, typed });
  return options.map(({ label }) => label);
}

/** Chooses one thing after the other, and waits until the form shows what would happen. */
async function choose(user: string, values: Values): Promise<void> {
  const chosen: Record<string, string> = {};
  for (const [actionId, value] of Object.entries(values)) {
    chosen[actionId] = value;
    const before = formOf(user)?.hash;
    await rig.world.slack.people.clickInView({
      user,
      viewId: formOf(user)?.id ?? "",
      actionId,
      value,
      values: { ...chosen },
    });
    await rig.until(`the form after ${actionId}`, () => formOf(user)?.hash !== before);
  }
}

async function send(user: string, values: Values): Promise<unknown> {
  return await rig.world.slack.people.submitModal({ user, viewId: formOf(user)?.id ?? "", values });
}

const ALL = { form_service: "checkout", form_revision: "abc123", form_environment: "prod" };

describe("/promote typed bare", () => {
  it("opens a form that asks for the service first, and then for what depends on it", async () => {
    await open(ANA);
    expect(contentOf(ANA)).not.toContain("form_revision");
    expect(await offered(ANA, "form_service", "")).toEqual(["checkout", "web", "payments"]);
    expect(await offered(ANA, "form_service", "PAY")).toEqual(["payments"]);
    await choose(ANA, { form_service: "checkout" });
    expect(contentOf(ANA)).toContain("2b4337b is live, Healthy, asks for approval");
    expect(contentOf(ANA)).not.toContain('"value":"qa"');
  });

  it("offers the newest commits, finds them by what people remember, and any other by its digits", async () => {
    const newest = await offered(ANA, "form_revision", "");
    expect(newest[0]).toContain("bf0f508 web: show prices with tax");
    expect(await offered(ANA, "form_revision", "instalments")).toEqual(["abc1236 checkout: 1.5.0, pay in instalments"]);
    expect(await offered(ANA, "form_revision", "chen")).toContain("abc1236 checkout: 1.5.0, pay in instalments");
    expect((await offered(ANA, "form_revision", "2b4337b"))[0]).toContain("2b4337b checkout: 1.4.2");
    expect(await offered(ANA, "form_revision", "6edd")).toEqual([]);
  });

  it("shows what would happen while one chooses", async () => {
    await choose(ANA, ALL);
    await rig.until("what would happen", () => contentOf(ANA).includes("What would happen"));
    expect(contentOf(ANA)).toContain("Promote checkout abc1236 to prod");
    expect(contentOf(ANA)).toContain("approval by `@release-approvers`");
  });

  it("says what is wrong at its field, and stays open", async () => {
    expect(await send(ANA, { ...ALL, form_revision: "14272e6" })).toMatchObject({
      status: "errors",
      errors: { "form_revision/checkout": expect.stringContaining("is older than what is live in staging") },
    });
    expect(await send(ANA, { ...ALL, form_revision: "nonsense" })).toMatchObject({
      errors: { "form_revision/checkout": expect.stringContaining("is no branch, tag or commit") },
    });
    expect(await send(ANA, { form_service: "checkout" })).toMatchObject({ status: "incomplete" });
    await rig.type(PRIYA, "/qd lock checkout in prod because migration");
    await rig.told(PRIYA, /is locked until/u);
    expect(await send(ANA, ALL)).toMatchObject({
      errors: { "form_environment/checkout": expect.stringContaining("migration") },
    });
    await rig.type(PRIYA, "/qd unlock checkout in prod");
    await rig.told(PRIYA, /is unlocked/u);
    expect(rig.application.store.events.listRuns({ limit: 5 })).toEqual([]);
  });

  it("starts the same run as the words, and says so to whoever asked", async () => {
    expect(await send(ANA, ALL)).toEqual({ status: "closed" });
    await rig.told(ANA, /Started run_.*: Promote checkout abc1236 to prod/u);
    const state = rig.run();
    expect(state.origin).toMatchObject({ door: "modal", channel: DEPLOYS });
    expect(state.origin.text).toMatch(/^\/promote checkout abc123 to prod$/u);
  });

  it("refuses whoever may not, and starts nothing twice", async () => {
    await open(GUS);
    await choose(GUS, { form_service: "web" });
    const web = { form_service: "web", form_revision: "bf0f508", form_environment: "staging" };
    // On a busy machine what is wrong is found out after the form has closed, and told privately.
    const sent = await send(GUS, web);
    if (JSON.stringify(sent).includes("closed")) await rig.told(GUS, /may not|guest/iu);
    else
      expect(sent).toMatchObject({
        status: "errors",
        errors: { "form_environment/web": expect.stringMatching(/may not|guest/iu) },
      });
    await open(PRIYA);
    await choose(PRIYA, { form_service: "checkout" });
    await send(PRIYA, ALL);
    await rig.told(PRIYA, /is doing exactly this already/u);
    expect(rig.application.store.events.listRuns({ limit: 5 })).toHaveLength(1);
  });

  it("is explained in words when it cannot be opened in time", async () => {
    const heal = rig.world.slack.world.faults.add({
      method: "views.open",
      fault: { kind: "error", error: "expired_trigger_id" },
    });
    await rig.type(ANA, "/promote");
    await rig.told(ANA, /Say what to do, in one line/u);
    heal();
  });
});
