import { describe, expect, test } from "vitest";

import { ANA, createTestSlack, DEPLOYS } from "./slack-test-world.ts";

describe("who may call", () => {
  test("a call needs a token, a known one, of the right kind", () => {
    const { api } = createTestSlack();
    const error = (token: string | undefined) => api.call({ method: "auth.test", args: {}, token }).body["error"];
    expect(error("xoxb-demo")).toBeUndefined();
    expect(error(undefined)).toBe("not_authed");
    expect(error("xoxb-other")).toBe("invalid_auth");
    expect(error("xapp-1-demo")).toBe("not_allowed_token_type");
  });

  test("a token can be revoked and made valid again", () => {
    const { world, call } = createTestSlack();
    world.tokens.refuse("bot", "token_revoked");
    expect(call("auth.test")).toEqual({ ok: false, error: "token_revoked" });
    world.tokens.refuse("bot", undefined);
    expect(call("auth.test")).toMatchObject({
      ok: true,
      team_id: "T0HARBOR01",
      user_id: "U0QUARTER1",
      bot_id: "B0QUARTER1",
    });
  });

  test("a missing scope is named beside those that were granted", () => {
    const { call } = createTestSlack({ scopes: () => ["chat:write"] });
    expect(call("users.info", { user: ANA })).toEqual({
      ok: false,
      error: "missing_scope",
      needed: "users:read",
      provided: "chat:write",
    });
    expect(call("conversations.info", { channel: DEPLOYS })["needed"]).toBe("channels:read");
  });

  test("a method that does not exist is unknown, also when its name is one of every object", () => {
    const { call } = createTestSlack();
    expect(call("chat.sing")["error"]).toBe("unknown_method");
    expect(call("constructor")["error"]).toBe("unknown_method");
  });

  test("blocks.validate needs no token and tells each problem with its pointer", () => {
    const { api } = createTestSlack();
    const validate = (args: Record<string, unknown>) =>
      api.call({ method: "blocks.validate", args, token: undefined }).body;
    expect(validate({ blocks: [{ type: "divider" }] })).toEqual({ ok: true });
    expect(validate({ message: { blocks: [{ type: "section" }] } })).toMatchObject({
      error: "invalid_blocks",
      errors: [{ code: "missing_required_field", pointer: "/blocks/0" }],
    });
    expect(validate({ view: { type: "modal" } })["ok"]).toBe(false);
  });
});

describe("small methods", () => {
  test("team.info and bots.info tell of the workspace and the app", () => {
    const { call } = createTestSlack({ scopes: (granted) => [...granted, "team:read"] });
    expect(call("team.info")["team"]).toMatchObject({ id: "T0HARBOR01", domain: "harbor" });
    expect(call("bots.info", { bot: "B0QUARTER1" })["bot"]).toMatchObject({ user_id: "U0QUARTER1" });
    expect(call("bots.info", { bot: "B0" })["error"]).toBe("bot_not_found");
  });

  test("reactions.add and reactions.remove mark a message once", () => {
    const { world, call, post } = createTestSlack({ scopes: (granted) => [...granted, "reactions:write"] });
    const timestamp = post({ text: "x" });
    const react = (method: string) => call(method, { channel: DEPLOYS, timestamp, name: "eyes" })["error"];
    expect(react("reactions.add")).toBeUndefined();
    expect(world.messages.message(DEPLOYS, timestamp)?.reactions).toEqual([{ name: "eyes", users: ["U0QUARTER1"] }]);
    expect(react("reactions.add")).toBe("already_reacted");
    expect(react("reactions.remove")).toBeUndefined();
    expect(react("reactions.remove")).toBe("no_reaction");
    expect(call("reactions.add", { channel: DEPLOYS, timestamp: "1.000001", name: "eyes" })["error"]).toBe(
      "message_not_found",
    );
  });
});
