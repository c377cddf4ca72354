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
});
