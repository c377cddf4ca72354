import { array, assert, boolean, constantFrom, property, record } from "fast-check";
import { describe, expect, it } from "vitest";

import {
  type ApproverQuestion,
  type GroupMembership,
  groupsAsked,
  judgeApprover,
  type PersonStanding,
  type Principal,
} from "../../../src/domain/approver-policy.ts";
import type { Approver } from "../../../src/domain/target.ts";

const member = (user: string, more: Partial<PersonStanding> = {}): PersonStanding => ({
  user,
  isDeleted: false,
  isBot: false,
  isGuest: false,
  isStranger: false,
  ...more,
});
const principal = (...users: string[]): Principal => ({ users, emails: [] });
const members = (...users: string[]): GroupMembership => ({ kind: "members", users });
const group = (id: string, handle?: string): Approver => ({ kind: "group", group: id, handle });

const ANA = "U0ANA";
const PRIYA = "U0PRIYA";

/** Ana asked; the group S0RELEASE, with Priya and Ana in it, decides; Priya clicks. */
function question(change: Partial<ApproverQuestion> & { readonly from?: Approver[] } = {}): ApproverQuestion {
  const { from = [group("S0RELEASE", "release-managers")], ...rest } = change;
  const person = rest.person ?? member(PRIYA);
  return {
    rule: { from, quorum: 1, expiresMs: 1000, requesterMayApprove: false },
    person,
    principal: principal(person.user),
    askers: [principal(ANA)],
    decided: [],
    notBy: [],
    groups: new Map([["S0RELEASE", members(ANA, PRIYA)]]),
    ...rest,
  };
}

describe("who may decide", () => {
  it("lets a member of the group, and says through which group", () => {
    expect(judgeApprover(question())).toEqual({ kind: "allowed", groups: ["S0RELEASE"] });
  });

  it("lets a person who is named, whatever is known of the groups", () => {
    const from: Approver[] = [{ kind: "user", user: PRIYA }, group("S0RELEASE")];
    const groups = new Map<string, GroupMembership>([["S0RELEASE", { kind: "unverifiable" }]]);
    expect(judgeApprover(question({ from, groups }))).toEqual({ kind: "allowed", groups: [] });
  });

  it("lets a member of one group while another cannot be read", () => {
    const from = [group("S0OTHER"), group("S0RELEASE")];
    expect(judgeApprover(question({ from }))).toEqual({ kind: "allowed", groups: ["S0RELEASE"] });
  });

  it("says for which lists of the rule somebody counts, where there are several", () => {
    const rule = {
      ...question().rule,
      also: [[group("S0DBA")], [{ kind: "user", user: PRIYA } as const], [group("S0GONE")]],
    };
    const groups = new Map<string, GroupMembership>([
      ["S0RELEASE", members(ANA, PRIYA)],
      ["S0DBA", { kind: "unverifiable" }],
      ["S0GONE", { kind: "gone" }],
    ]);
    expect(judgeApprover(question({ rule, groups }))).toEqual({
      kind: "allowed",
      groups: ["S0RELEASE"],
      lists: [0, 2],
    });
    expect(groupsAsked(rule)).toEqual(["S0RELEASE", "S0DBA", "S0GONE"]);
    const marco = { person: member("U0MARCO"), principal: principal("U0MARCO") };
    expect(judgeApprover(question({ rule, groups, ...marco }))).toMatchObject({ code: "approval.unverifiable" });
    const known = new Map(groups).set("S0DBA", members("U0MARCO"));
    expect(judgeApprover(question({ rule, groups: known, ...marco }))).toEqual({
      kind: "allowed",
      groups: ["S0DBA"],
      lists: [1],
    });
  });

  it("lets the requester only where the rule says so", () => {
    const person = member(ANA);
    const { rule } = question();
    expect(judgeApprover(question({ person, rule: { ...rule, requesterMayApprove: true } })).kind).toBe("allowed");
    expect(judgeApprover(question({ person }))).toMatchObject({ code: "approval.requester" });
  });

  const refusals: readonly (readonly [string, string, Partial<ApproverQuestion> & { from?: Approver[] }])[] = [
    ["a deactivated person", "approval.deactivated", { person: member(PRIYA, { isDeleted: true }) }],
    ["an app", "approval.bot", { person: member(PRIYA, { isBot: true }) }],
    ["somebody from another workspace", "approval.stranger", { person: member(PRIYA, { isStranger: true }) }],
    ["a guest, though in the group", "approval.guest", { person: member(PRIYA, { isGuest: true }) }],
    ["the requester, though in the group", "approval.requester", { person: member(ANA) }],
    [
      "the requester's second account",
      "approval.requester",
      { person: member(PRIYA), principal: principal(PRIYA, ANA), askers: [principal(ANA)] },
    ],
    ["whoever retried the run", "approval.requester", { askers: [principal(ANA), principal(PRIYA)] }],
    [
      "another account with the requester's address",
      "approval.requester",
      { person: member(PRIYA, { email: "Ana@Example.com" }), askers: [{ users: [ANA], emails: ["ana@example.com"] }] },
    ],
    ["somebody who decided before", "approval.already-decided-by-you", { decided: [principal(PRIYA)] }],
    [
      "somebody who decided before with another account",
      "approval.already-decided-by-you",
      { principal: principal(PRIYA, "U0PRIYA2"), decided: [principal("U0PRIYA2")] },
    ],
    ["somebody who approved an earlier request", "approval.approved-before", { notBy: [principal(PRIYA)] }],
    [
      "somebody who approved an earlier request with another account",
      "approval.approved-before",
      { principal: principal(PRIYA, "U0PRIYA2"), notBy: [principal("U0PRIYA2")] },
    ],
    ["somebody outside the group", "approval.not-in-group", { person: member("U0BEN") }],
    [
      "anybody while the group cannot be read",
      "approval.unverifiable",
      { groups: new Map([["S0RELEASE", { kind: "unverifiable" }]]) },
    ],
    ["anybody while nothing is known of the group", "approval.unverifiable", { groups: new Map() }],
    ["anybody when the group is gone", "approval.group-gone", { groups: new Map([["S0RELEASE", { kind: "gone" }]]) }],
    [
      "somebody else when one of two groups is gone",
      "approval.not-in-group",
      {
        person: member("U0BEN"),
        from: [group("S0GONE"), group("S0RELEASE")],
        groups: new Map<string, GroupMembership>([
          ["S0GONE", { kind: "gone" }],
          ["S0RELEASE", members(PRIYA)],
        ]),
      },
    ],
  ];

  it.each(refusals)("refuses %s with %s", (_, code, change) => {
    const verdict = judgeApprover(question(change));
    expect(verdict).toMatchObject({ kind: "refused", code });
    expect(verdict.kind === "refused" && verdict.message).toMatch(/\w.*\.$/u);
  });

  it("names the group that may, by its handle", () => {
    expect(judgeApprover(question({ person: member("U0BEN") }))).toMatchObject({
      message: "You are not among those who may decide on this (@release-managers).",
    });
  });
});

const anyUser = constantFrom("U0A", "U0B", "U0C");
const anyMembership = constantFrom<GroupMembership>(
  members("U0A", "U0B", "U0C"),
  members("U0A"),
  { kind: "unverifiable" },
  { kind: "gone" },
);
const anyQuestion = record({
  user: anyUser,
  alsoAs: array(anyUser, { maxLength: 2 }),
  requester: array(anyUser, { minLength: 1, maxLength: 2 }),
  decided: array(anyUser, { maxLength: 2 }),
  from: array(constantFrom<Approver>(group("S0ONE"), group("S0TWO"), { kind: "user", user: "U0A" }), {
    minLength: 1,
    maxLength: 3,
  }),
  one: anyMembership,
  two: anyMembership,
  isGuest: boolean(),
}).map((drawn) => {
  const accounts = [drawn.user, ...drawn.alsoAs];
  const asked = question({
    from: drawn.from,
    person: member(drawn.user, { isGuest: drawn.isGuest }),
    principal: principal(...accounts),
    askers: [principal(...drawn.requester)],
    decided: drawn.decided.map((user) => principal(user)),
    groups: new Map([
      ["S0ONE", drawn.one],
      ["S0TWO", drawn.two],
    ]),
  });
  return { ...drawn, accounts, isAllowed: judgeApprover(asked).kind === "allowed" };
});

describe("whatever the rule, the groups and the accounts", () => {
  const runs = { numRuns: 2000 };

  it("the requester never approves, with whichever of their accounts", () => {
    const claim = property(anyQuestion, ({ accounts, requester, isAllowed }) => {
      expect(isAllowed && accounts.some((user) => requester.includes(user))).toBe(false);
    });
    expect(() => assert(claim, runs)).not.toThrow();
  });

  it("nobody decides twice, and no guest at all", () => {
    const claim = property(anyQuestion, ({ accounts, decided, isGuest, isAllowed }) => {
      expect(isAllowed && (isGuest || accounts.some((user) => decided.includes(user)))).toBe(false);
    });
    expect(() => assert(claim, runs)).not.toThrow();
  });

  it("only a membership that was read, or a name in the rule, allows", () => {
    const claim = property(anyQuestion, ({ user, from, one, two, isAllowed }) => {
      const isNamed = from.some((approver) => approver.kind === "user" && approver.user === user);
      const isMember = [one, two].some((known) => known.kind === "members" && known.users.includes(user));
      expect(isAllowed && !isNamed && !isMember).toBe(false);
    });
    expect(() => assert(claim, runs)).not.toThrow();
  });

  it("somebody is let through at all", () => {
    const claim = property(anyQuestion, ({ isAllowed }) => !isAllowed);
    expect(() => assert(claim, runs)).toThrow("Property failed");
  });
});
