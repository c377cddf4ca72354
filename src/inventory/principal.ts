import type { Configuration } from "../config/configuration.ts";
import type { Principal } from "../domain/approver-policy.ts";

/** Everything that is known to be the same human being as a Slack user; by itself where `people` has no entry. */
export function principalOf(
  people: Configuration["people"],
  account: { readonly user: string; readonly email?: string | undefined },
): Principal {
  const email = account.email?.toLowerCase();
  const entry = people.find(({ slack }) => slack.includes(account.user));
  return {
    users: [...new Set([account.user, ...(entry?.slack ?? [])])],
    emails: [...new Set([...(email === undefined ? [] : [email]), ...(entry?.emails ?? [])])],
  };
}
