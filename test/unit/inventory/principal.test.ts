import { describe, expect, it } from "vitest";

import { isSamePrincipal } from "../../../src/domain/approver-policy.ts";
import { principalOf } from "../../../src/inventory/principal.ts";

const people = [{ slack: ["U0ANA", "U0ANA2"], emails: ["ana@example.com"], subject: undefined }];

describe("who is the same person", () => {
  it("joins all accounts and addresses of one entry", () => {
    expect(principalOf(people, { user: "U0ANA2", email: "Other@Example.com" })).toEqual({
      users: ["U0ANA2", "U0ANA"],
      emails: ["other@example.com", "ana@example.com"],
    });
  });

  it("knows somebody without an entry by their own account and address", () => {
    expect(principalOf(people, { user: "U0BEN" })).toEqual({ users: ["U0BEN"], emails: [] });
  });

  it("recognises an account that is only known by the address of the entry", () => {
    const unlisted = principalOf(people, { user: "U0ANA3", email: "ana@example.com" });
    expect(isSamePrincipal(unlisted, principalOf(people, { user: "U0ANA" }))).toBe(true);
    expect(isSamePrincipal(unlisted, principalOf(people, { user: "U0BEN" }))).toBe(false);
  });

  it("recognises a third account by an entry that is known only by an address of the second", () => {
    const listed = [{ slack: ["U0ANA5"], emails: ["ana@example.com", "ana@git.example.com"], subject: undefined }];
    const first = principalOf(listed, { user: "U0ANA", email: "ana@example.com" });
    const third = principalOf(listed, { user: "U0ANA6", email: "Ana@git.example.com" });
    expect([isSamePrincipal(first, third), isSamePrincipal(third, first)]).toEqual([true, true]);
  });

  it("recognises the mailbox behind an address with a plus, and nobody else's", () => {
    const plain = principalOf([], { user: "U1", email: "ana@example.com" });
    for (const email of ["ana+approver@example.com", "Ana+2@Example.com", "ana+a+b@example.com"]) {
      expect(isSamePrincipal(plain, principalOf([], { user: "U2", email }))).toBe(true);
    }
    for (const email of ["ben+ana@example.com", "ana+approver@example.org", "an@example.com", "+ana@example.com"]) {
      expect(isSamePrincipal(plain, principalOf([], { user: "U2", email }))).toBe(false);
    }
  });
});
