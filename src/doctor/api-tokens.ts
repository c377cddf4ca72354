import { tryIsoTime } from "../platform/clock.ts";
import { type Finding, Subject } from "./finding.ts";

export interface ApiTokensQuestion {
  /** What is wrong with the file of tokens; undefined where it can be read. */
  readonly problem: string | undefined;
  readonly tokens: readonly ToldToken[];
  /** The tokens that roles name, by their names. */
  readonly inRoles: ReadonlySet<string>;
  /** In milliseconds. */
  readonly now: number;
}

interface ToldToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** In ISO 8601; a token without it does not end. */
  readonly expiresAt?: string | undefined;
}

const SOON_MS = 14 * 24 * 3_600_000;
// A token with one of these asks for something, which grants of its roles have to allow; reading needs no grant.
const ASKING = new Set(["run", "cancel", "retry"]);

/** Whether the tokens of the API can do what they were made for. */
export function tokenFindings({ problem, tokens, inRoles, now }: ApiTokensQuestion): readonly Finding[] {
  const about = new Subject("data", "API tokens");
  if (problem !== undefined)
    return [about.problem({ what: problem, why: "no token of the API is believed", mend: "do as the message says" })];
  const known = new Set(tokens.map(({ name }) => name));
  const missing = [...inRoles]
    .filter((name) => !known.has(name))
    .map((name) =>
      new Subject("configuration", `token ${name}`).warning({
        what: "a role names it, and there is no such token",
        why: "nobody can ask as it",
        mend: `run: quarterdeck token create ${name} --scopes run,read; or take it out of the role`,
      }),
    );
  const troubled = tokens.flatMap((token) => troubleOf(token, { isInRole: inRoles.has(token.name), now }));
  const count = tokens.length === 1 ? "1 token" : `${tokens.length} tokens`;
  const good = tokens.length > 0 && troubled.length === 0 ? [about.ok(`${count}, none of which ends soon`)] : [];
  return [...good, ...troubled, ...missing];
}

function troubleOf(
  { name, scopes, expiresAt }: ToldToken,
  { isInRole, now }: { readonly isInRole: boolean; readonly now: number },
): readonly Finding[] {
  const about = new Subject("data", `token ${name}`);
  const endsAt = expiresAt === undefined ? Infinity : (tryIsoTime(expiresAt) ?? 0);
  const anew = `make one under another name and hand it over, then run: quarterdeck token revoke ${name}`;
  if (endsAt <= now)
    return [
      about.warning({ what: `it ended at ${expiresAt}`, why: "whoever has it is answered with 401", mend: anew }),
    ];
  const ends = about.warning({
    what: `it ends at ${expiresAt}`,
    why: "whoever has it is answered with 401 from then on",
    mend: anew,
  });
  const idle = about.warning({
    what: `it may ${scopes.filter((scope) => ASKING.has(scope)).join(", ")}, and no role names it`,
    why: "no grant allows it anything, so all that it asks for is refused",
    mend: `put { token: ${name} } into a role of the configuration`,
  });
  return [
    ...(endsAt - now <= SOON_MS ? [ends] : []),
    ...(!isInRole && scopes.some((scope) => ASKING.has(scope)) ? [idle] : []),
  ];
}
