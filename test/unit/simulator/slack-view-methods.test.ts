import { describe, expect, test } from "vitest";

import { ANA, createTestSlack, section } from "./slack-test-world.ts";

const modal = (more: object = {}) => ({
  type: "modal",
  title: { type: "plain_text", text: "Title" },
  blocks: [section("hi")],
  ...more,
});
const home = (text: string) => ({ type: "home", blocks: [section(text)] });

describe("views.open", () => {
  test("opens the modal of whoever caused the trigger", () => {
    const { world, call } = createTestSlack();
    const { view } = call("views.open", {
      trigger_id: world.triggers.issue(ANA),
      view: JSON.stringify(modal({ private_metadata: "m" })),
    });
    expect(view).toMatchObject({
      type: "modal",
      private_metadata: "m",
      previous_view_id: null,
      team_id: "T0HARBOR01",
      state: { values: {} },
    });
    expect(world.views.stack(ANA)).toHaveLength(1);
  });

  test("a trigger works once, for three seconds", async () => {
    const { clock, world, call } = createTestSlack();
    const open = (trigger: string) => call("views.open", { trigger_id: trigger, view: modal() })["error"];
    const used = world.triggers.issue(ANA);
    expect(used).toMatch(/^\d+\.\d+\.[0-9a-f]+$/u);
    expect(open(used)).toBeUndefined();
    expect(open(used)).toBe("exchanged_trigger_id");
    const old = world.triggers.issue(ANA);
    await clock.advance(3001);
    expect(open(old)).toBe("expired_trigger_id");
    expect(open("1.2.abc")).toBe("invalid_trigger_id");
  });

  test("an invalid view is refused with its problems, and does not use up the trigger", () => {
    const { world, call } = createTestSlack();
    const trigger = world.triggers.issue(ANA);
    expect(call("views.open", { trigger_id: trigger, view: { type: "modal", blocks: [] } })).toMatchObject({
      error: "invalid_arguments",
      response_metadata: { messages: ["[ERROR] missing required field: title [json-pointer:/view]"] },
    });
    expect(call("views.open", { trigger_id: trigger, view: home("no") })["error"]).toBe("invalid_arguments");
    expect(call("views.open", { trigger_id: trigger, view: modal() })["ok"]).toBe(true);
  });

  test("a view of more than 250 kB and an external id that is taken are refused", () => {
    const { world, call } = createTestSlack();
    const open = (view: object) => call("views.open", { trigger_id: world.triggers.issue(ANA), view })["error"];
    expect(open(modal({ blocks: Array.from({ length: 100 }, () => section("x".repeat(2900))) }))).toBe(
      "view_too_large",
    );
    expect(open(modal({ external_id: "one" }))).toBeUndefined();
    expect(open(modal({ external_id: "one" }))).toBe("duplicate_external_id");
  });
});

describe("views.push and views.update", () => {
  test("a stack holds three views", () => {
    const { world, call } = createTestSlack();
    const push = (method: string) => call(method, { trigger_id: world.triggers.issue(ANA), view: modal() });
    expect(push("views.push")["error"]).toBe("not_found");
    push("views.open");
    const second = push("views.push");
    expect(second["view"]).toMatchObject({ previous_view_id: world.views.stack(ANA)[0]?.id });
    expect(push("views.push")["ok"]).toBe(true);
    expect(push("views.push")["error"]).toBe("push_limit_reached");
  });

  test("an update with an old hash is refused", () => {
    const { world, call } = createTestSlack();
    call("views.open", { trigger_id: world.triggers.issue(ANA), view: modal() });
    const [opened] = world.views.stack(ANA);
    const update = (hash?: string) =>
      call("views.update", { view_id: opened?.id, view: modal({ blocks: [section("new")] }), hash });
    expect(update(opened?.hash)["ok"]).toBe(true);
    expect(update(opened?.hash)["error"]).toBe("hash_conflict");
    expect(update()["ok"]).toBe(true);
    expect(world.views.stack(ANA)[0]?.source["blocks"]).toMatchObject([section("new")]);
    expect(call("views.update", { view_id: "V0", view: modal() })["error"]).toBe("not_found");
  });
});

describe("views.publish", () => {
  test("each person has one Home tab, guarded by its hash", () => {
    const { world, call } = createTestSlack();
    const publish = (text: string, hash?: string) => call("views.publish", { user_id: ANA, view: home(text), hash });
    publish("one");
    const first = world.views.home(ANA);
    expect(publish("two", first?.hash)["view"]).toMatchObject({ id: first?.id, blocks: [section("two")] });
    expect(publish("three", first?.hash)["error"]).toBe("hash_conflict");
    expect(call("views.publish", { user_id: "U0", view: home("x") })["error"]).toBe("user_not_found");
  });

  test("does not work while the Home tab is disabled", () => {
    const { world } = createTestSlack();
    const app = { ...world.workspace.app, homeTab: false };
    const { call } = createTestSlack({ definition: { app } });
    expect(call("views.publish", { user_id: ANA, view: home("x") })["error"]).toBe("not_enabled");
  });
});
