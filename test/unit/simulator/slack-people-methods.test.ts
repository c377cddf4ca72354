import { describe, expect, test } from "vitest";

import { ANA, BOT, createTestSlack, PRIYA } from "./slack-test-world.ts";

describe("users.info", () => {
  const user = (id: string) => createTestSlack().call("users.info", { user: id })["user"];

  test("tells the flags by which people are told apart", () => {
    expect(user(ANA)).toMatchObject({
      id: ANA,
      deleted: false,
      is_restricted: false,
      is_bot: false,
      profile: { email: "ana@harbor.example" },
    });
    expect(user("U0GUS00001")).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
    expect(user("U0DORA0001")).toMatchObject({ deleted: true });
    expect(user(BOT)).toMatchObject({ is_bot: true, profile: { bot_id: "B0QUARTER1" } });
    expect(user("U0OLGA0001")).toMatchObject({ is_admin: true });
  });

  test("a stranger has another team and no address", () => {
    const stranger = user("U0SAM00001");
    expect(stranger).toMatchObject({ is_stranger: true, team_id: "T0ELSEWHR1" });
    expect(stranger).not.toHaveProperty("profile.email");
  });

  test("addresses need their own scope", () => {
    const { call } = createTestSlack({ scopes: () => ["users:read"] });
    expect(call("users.info", { user: ANA })["user"]).not.toHaveProperty("profile.email");
    expect(call("users.lookupByEmail", { email: "ana@harbor.example" })["needed"]).toBe("users:read.email");
  });

  test("an unknown user is not found", () => {
    expect(createTestSlack().call("users.info", { user: "U0" })["error"]).toBe("user_not_found");
  });
});

describe("finding people", () => {
  test("users.list comes in pages", () => {
    const { call } = createTestSlack();
    const first = call("users.list", { limit: "4" });
    expect(first["members"]).toHaveLength(4);
    expect(first["response_metadata"]).toEqual({ next_cursor: "next:4" });
    const rest = call("users.list", { limit: "1000", cursor: "next:4" });
    expect(rest["response_metadata"]).toEqual({ next_cursor: "" });
    expect(call("users.list", { cursor: "junk" })["error"]).toBe("invalid_cursor");
  });

  test("users.lookupByEmail ignores case, the deactivated and strangers", () => {
    const { call } = createTestSlack();
    expect(call("users.lookupByEmail", { email: "ANA@harbor.example" })["user"]).toMatchObject({ id: ANA });
    for (const email of ["dora@harbor.example", "sam@elsewhere.example", "nobody@harbor.example"]) {
      expect(call("users.lookupByEmail", { email })["error"]).toBe("users_not_found");
    }
  });
});

describe("user groups", () => {
  test("usergroups.users.list tells the members, and does not know groups that are gone or disabled", () => {
    const { world, call } = createTestSlack();
    const members = () => call("usergroups.users.list", { usergroup: "S0APPROVE1" });
    expect(members()["users"]).toEqual([PRIYA, "U0MARCO001"]);
    const group = world.workspace.group("S0APPROVE1");
    if (group !== undefined) world.workspace.putGroup({ ...group, disabled: true });
    expect(members()["error"]).toBe("no_such_subteam");
    world.workspace.removeGroup("S0APPROVE1");
    expect(members()["error"]).toBe("no_such_subteam");
  });

  test("usergroups.list leaves disabled groups out unless asked", () => {
    const { world, call } = createTestSlack();
    world.workspace.putGroup({ id: "S1", handle: "old", name: "Old", members: [ANA], disabled: true });
    expect(call("usergroups.list", { include_users: "1" })["usergroups"]).toMatchObject([
      { handle: "release-approvers", users: [PRIYA, "U0MARCO001"], date_delete: 0 },
      { handle: "oncall" },
    ]);
    expect(call("usergroups.list", { include_disabled: true })["usergroups"]).toHaveLength(3);
  });
});
