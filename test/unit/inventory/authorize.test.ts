import { describe, expect, it } from "vitest";

import type { GroupMembership, PersonStanding } from "../../../src/domain/approver-policy.ts";
import { type AccessRules, type Act, authorize, groupsToAsk } from "../../../src/inventory/authorize.ts";

const rules: AccessRules = {
  roles: {
    developers: [{ kind: "group", group: "S0DEV", handle: undefined }],
    leads: [
      { kind: "user", user: "U0LEAD" },
      { kind: "group", group: "S0LEADS", handle: undefined },
    ],
    anyone: [{ kind: "everyone" }],
  },
  grants: [
    { role: "developers", verbs: ["promote", "sync"], services: ["checkout"], environments: "all" },
    { role: "leads", verbs: ["promote", "rollback"], services: "all", environments: ["prod"] },
    { role: "anyone", verbs: ["sync"], services: "all", environments: ["staging"] },
  ],
};

const person = (user: string, more: Partial<PersonStanding> = {}): PersonStanding => ({
  user,
  isDeleted: false,
  isBot: false,
  isGuest: false,
  isStranger: false,
  ...more,
});
const act = (text: string): Act => {
  const [verb = "", service = "", environment = ""] = text.split(" ");
  return { verb, service, environment };
};
const groups = new Map<string, GroupMembership>([
  ["S0DEV", { kind: "members", users: ["U0DEV"] }],
  ["S0LEADS", { kind: "members", users: ["U0OTHERLEAD"] }],
]);

describe("who may do what", () => {
  it.each([
    ["U0DEV", "promote checkout prod"],
    ["U0DEV", "sync checkout staging"],
    ["U0LEAD", "rollback web prod"],
    ["U0OTHERLEAD", "promote web prod"],
    ["U0NEW", "sync web staging"],
  ])("lets %s %s", (user, what) => {
    expect(authorize(rules, { act: act(what), person: person(user), groups })).toEqual({ kind: "allowed" });
  });

  it.each([
    ["U0DEV", "promote web prod"],
    ["U0DEV", "rollback checkout prod"],
    ["U0LEAD", "promote web staging"],
    ["U0NEW", "sync web prod"],
    ["U0NEW", "delete web staging"],
  ])("does not let %s %s", (user, what) => {
    const denied = authorize(rules, { act: act(what), person: person(user), groups });
    expect(denied).toMatchObject({ kind: "denied", code: "access.not-granted" });
  });

  it("says what role it takes", () => {
    expect(authorize(rules, { act: act("rollback web prod"), person: person("U0DEV"), groups })).toEqual({
      kind: "denied",
      code: "access.not-granted",
      message: "You may not rollback web in prod. It takes the role leads.",
    });
    expect(authorize(rules, { act: act("delete web prod"), person: person("U0DEV"), groups })).toMatchObject({
      message:
        "Nobody may delete web in prod: no grant in the configuration allows it. " +
        "It takes one with verbs: [delete], services: [web], environments: [prod].",
    });
  });

  it("says of what is no person which grant its own role lacks, and never to put it beside people", () => {
    const messageFor = (roles: Readonly<Record<string, readonly string[]>>): string => {
      const named = Object.entries(roles).map(([role, machines]) => {
        return [role, machines.map((machine) => ({ kind: "machine", machine }) as const)] as const;
      });
      const told = authorize(
        { ...rules, roles: { ...rules.roles, ...Object.fromEntries(named) } },
        { act: act("rollback web prod"), person: person("schedule:nightly", { isMachine: true }), groups },
      );
      return told.kind === "denied" ? told.message : "";
    };
    const grant = "It takes one with verbs: [rollback], services: [web], environments: [prod].";
    const refused = "The schedule nightly may not rollback web in prod";
    expect(messageFor({ night: ["schedule:nightly"] })).toBe(
      `${refused}: its role night has no grant for it. ${grant}`,
    );
    expect(messageFor({ night: ["schedule:nightly"], day: ["schedule:nightly"] })).toBe(
      `${refused}: its roles night, day have no grant for it. ${grant}`,
    );
    expect(messageFor({ night: ["schedule:weekly"] })).toBe(
      `${refused}: no role names it. It takes one with { schedule: nightly }, and a grant with ${grant.slice("It takes one with ".length)}`,
    );
  });

  it("covers what names no service, or no environment, only with a grant for all of them", () => {
    const may = (user: string, asked: Act) => authorize(rules, { act: asked, person: person(user), groups });
    expect(may("U0LEAD", { verb: "promote", environment: "prod" })).toEqual({ kind: "allowed" });
    expect(may("U0LEAD", { verb: "promote" }).kind).toBe("denied");
    expect(may("U0DEV", { verb: "promote", service: "checkout" })).toEqual({ kind: "allowed" });
    expect(may("U0DEV", { verb: "promote", environment: "prod" })).toMatchObject({
      message:
        "You may not promote in prod. It takes the role leads, which has it by a grant with " +
        "verbs: [promote], services: all, environments: [prod].",
    });
    expect(may("U0DEV", { verb: "sync" })).toMatchObject({
      message:
        "Nobody may sync: no grant in the configuration allows it. It takes one with verbs: [sync], services: all, environments: all.",
    });
  });

  it.each([
    ["access.deactivated", { isDeleted: true }],
    ["access.bot", { isBot: true }],
    ["access.stranger", { isStranger: true }],
    ["access.guest", { isGuest: true }],
  ])("refuses with %s whatever the grants say", (code, standing) => {
    for (const user of ["U0LEAD", "U0DEV"]) {
      const denied = authorize(rules, { act: act("promote checkout prod"), person: person(user, standing), groups });
      expect(denied).toMatchObject({ kind: "denied", code });
    }
  });

  it("denies while a group that could allow it cannot be read, and while nothing is known of it", () => {
    for (const unknown of [new Map<string, GroupMembership>([["S0DEV", { kind: "unverifiable" }]]), new Map()]) {
      const denied = authorize(rules, { act: act("sync checkout prod"), person: person("U0DEV"), groups: unknown });
      expect(denied).toMatchObject({ kind: "denied", code: "access.unverifiable" });
    }
  });

  it("takes a group that is gone for one without members", () => {
    const gone = new Map<string, GroupMembership>([["S0DEV", { kind: "gone" }]]);
    const denied = authorize(rules, { act: act("sync checkout prod"), person: person("U0DEV"), groups: gone });
    expect(denied).toMatchObject({ code: "access.not-granted" });
  });

  it("lets somebody who is named although a group cannot be read", () => {
    const allowed = authorize(rules, { act: act("rollback web prod"), person: person("U0LEAD"), groups: new Map() });
    expect(allowed).toEqual({ kind: "allowed" });
  });

  it("lets nobody do anything when there are no grants", () => {
    const nothing = authorize(
      { roles: rules.roles, grants: [] },
      { act: act("sync web staging"), person: person("U0LEAD"), groups },
    );
    expect(nothing.kind).toBe("denied");
  });

  it("asks only for the groups that matter", () => {
    expect(groupsToAsk(rules, act("promote checkout prod"))).toEqual(["S0DEV", "S0LEADS"]);
    expect(groupsToAsk(rules, act("sync web staging"))).toEqual([]);
  });
});
