import { describe, expect, it } from "vitest";

import { PeopleCheck } from "../../../src/intake/people-check.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { configured, rightExcept } from "../../support/configured.ts";
import { FakeDirectory } from "../../support/intake-rig.ts";
import { RULE } from "../../support/run-spec.ts";

const GROUP_RULE = { ...RULE, from: [{ kind: "group" as const, group: "S0RELEASE" }] };
const ACT = { verb: "promote", service: "checkout", environment: "staging" };

function person(user: string): { pseudonym: string; team: string; user: string } {
  return { pseudonym: `p_${user}`, team: "T1", user };
}

function check(text?: string): { readonly check: PeopleCheck; readonly directory: FakeDirectory } {
  const directory = new FakeDirectory();
  directory.groups.set("S0DEV", ["U1"]).set("S0RELEASE", ["U2", "U3"]);
  return { directory, check: new PeopleCheck({ directory, rules: () => configured(text) }) };
}

describe("whether somebody may do something", () => {
  it("follows from the groups as Slack has them now", async () => {
    const { check: people, directory } = check();
    expect((await people.mayAct(person("U1"), [ACT])).kind).toBe("allowed");
    directory.groups.set("S0DEV", []);
    expect(await people.mayAct(person("U1"), [ACT])).toMatchObject({ kind: "denied", code: "access.not-granted" });
  });

  it("is asked for every single act, and the first that is not granted is the answer", async () => {
    const { check: people } = check(rightExcept("environments: all }", "environments: [staging] }"));
    const acts = [ACT, { ...ACT, environment: "prod" }];
    expect(await people.mayAct(person("U1"), acts)).toMatchObject({ kind: "denied", code: "access.not-granted" });
    expect((await people.mayAct(person("U1"), [ACT])).kind).toBe("allowed");
  });

  it("is refused to guests, bots, strangers and those who left, whatever their groups", async () => {
    for (const flag of ["isGuest", "isBot", "isStranger", "isDeleted"]) {
      const { check: people, directory } = check();
      directory.facts.set("U1", { [flag]: true });
      expect((await people.mayAct(person("U1"), [ACT])).kind).toBe("denied");
    }
  });

  it("is refused while Slack does not say, and for nothing at all", async () => {
    const { check: people, directory } = check();
    directory.isAway = true;
    expect(await people.mayAct(person("U1"), [ACT])).toMatchObject({ code: "access.unverifiable" });
    directory.isAway = false;
    expect((await appErrorOf(people.mayAct(person("U1"), []))).code).toBe("access.nothing-asked");
  });
});

describe("whether somebody may decide", () => {
  const asked = { rule: GROUP_RULE, askers: [person("U1")], decided: [], notBy: [] };

  it("follows from the groups of the rule, which are on record then", async () => {
    const { check: people } = check();
    expect(await people.mayDecide({ ...asked, clicker: person("U2") })).toEqual({
      kind: "allowed",
      groups: ["S0RELEASE"],
    });
    expect(await people.mayDecide({ ...asked, clicker: person("U9") })).toMatchObject({
      code: "approval.not-in-group",
    });
  });

  it("is not for the person who asked, by any account or address of theirs", async () => {
    const { check: people, directory } = check();
    directory.facts.set("U1", { email: "ana@example.com" }).set("U2", { email: "Ana@example.com" });
    expect(await people.mayDecide({ ...asked, clicker: person("U2") })).toMatchObject({ code: "approval.requester" });
    const named = check(rightExcept("secrets:", "people:\n  - { slack: [U0ANA00001, U0ANA00002] }\nsecrets:"));
    named.directory.groups.set("S0RELEASE", ["U0ANA00002"]);
    const own = { ...asked, askers: [person("U0ANA00001")], clicker: person("U0ANA00002") };
    expect(await named.check.mayDecide(own)).toMatchObject({
      code: "approval.requester",
    });
  });

  it("is for nobody twice", async () => {
    const { check: people } = check();
    const decided = [person("U2")];
    expect(await people.mayDecide({ ...asked, clicker: person("U2"), decided })).toMatchObject({
      code: "approval.already-decided-by-you",
    });
    expect((await people.mayDecide({ ...asked, clicker: person("U3"), decided })).kind).toBe("allowed");
  });

  it("is refused while it is not known who is who, such as somebody who was redacted", async () => {
    const { check: people, directory } = check();
    const clicker = person("U2");
    expect(await people.mayDecide({ ...asked, clicker, askers: [person("U1"), undefined] })).toMatchObject({
      code: "approval.unverifiable",
    });
    expect(await people.mayDecide({ ...asked, clicker, decided: [undefined] })).toMatchObject({
      code: "approval.unverifiable",
    });
    directory.isAway = true;
    expect(await people.mayDecide({ ...asked, clicker })).toMatchObject({ code: "approval.unverifiable" });
  });

  it("is refused when the group is gone", async () => {
    const { check: people, directory } = check();
    directory.groups.delete("S0RELEASE");
    expect(await people.mayDecide({ ...asked, clicker: person("U2") })).toMatchObject({ code: "approval.group-gone" });
  });

  it("is a fault of ours when the directory breaks in any other way", async () => {
    const { check: people, directory } = check();
    directory.groupMembers = () => Promise.reject(new TypeError("broken"));
    await expect(people.mayDecide({ ...asked, clicker: person("U2") })).rejects.toThrow("broken");
    directory.person = () => Promise.reject(new TypeError("broken too"));
    await expect(people.mayAct(person("U1"), [ACT])).rejects.toThrow("broken too");
  });
});
