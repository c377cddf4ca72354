import type { Configuration } from "../config/configuration.ts";
import { isSamePrincipal, type Principal } from "../domain/approver-policy.ts";

/**
 * Everything that is known to be the same human being as a Slack user; by itself where `people` has no entry. An entry is theirs by
 * an account or an address, and what stands in it may lead to another one.
 */
export function principalOf(
  people: Configuration["people"],
  account: { readonly user: string; readonly email?: string | undefined },
): Principal {
  const emails = account.email === undefined ? [] : [account.email.toLowerCase()];
  let principal: Principal = { users: [account.user], emails };
  const others = new Set(people);
  for (let found = true; found;) {
    found = false;
    for (const entry of others) {
      const listed = { users: entry.slack, emails: entry.emails };
      if (!isSamePrincipal(principal, listed)) continue;
      principal = together(principal, listed);
      found = others.delete(entry);
    }
  }
  return principal;
}

function together(one: Principal, other: Principal): Principal {
  return {
    users: [...new Set([...one.users, ...other.users])],
    emails: [...new Set([...one.emails, ...other.emails])],
  };
}
