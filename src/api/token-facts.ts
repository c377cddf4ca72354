import { z } from "zod";

import type { LogFact } from "../engine/ports.ts";
import { digestOf } from "../platform/canonical-json.ts";
import type { ApiToken } from "./api-token.ts";

/** The stream of the log in which tokens are made, changed and revoked. */
export const TOKENS_STREAM = "tokens";

const HASH_DIGITS = 12;

/** What the log knows of a token: `entry` is the digest of all that the file says of it. */
interface KnownToken {
  readonly hash: string;
  readonly entry: string;
}

export type KnownTokens = ReadonlyMap<string, KnownToken>;

const Stored = z.object({
  type: z.enum(["token.made", "token.changed", "token.revoked"]),
  name: z.string(),
  hash: z.string(),
  entry: z.string().default(""),
});

/** The tokens that the log knows after more facts of its stream; what is of another kind says nothing. */
export function afterFacts(before: KnownTokens, facts: readonly unknown[]): KnownTokens {
  const known = new Map(before);
  for (const fact of facts) {
    const stored = Stored.safeParse(fact).data;
    if (stored?.type === "token.revoked") known.delete(stored.name);
    else if (stored !== undefined) known.set(stored.name, { hash: stored.hash, entry: stored.entry });
  }
  return known;
}

export function isKnown(known: KnownTokens, token: ApiToken): boolean {
  return known.get(token.name)?.entry === digestOf(token);
}

type TokenFact = LogFact & { readonly name: string };

interface Changed {
  readonly tokens: readonly ApiToken[];
  readonly at: number;
  /** The pseudonym of a token's owner. */
  readonly pseudonymOf: (user: string) => string;
}

/** What has happened to tokens since what the log knows. A token of the same name that is another one was revoked, and made. */
export function tokenFacts(known: KnownTokens, { tokens, at, pseudonymOf }: Changed): readonly TokenFact[] {
  const named = new Map(tokens.map((token) => [token.name, token]));
  const revoked = [...known].flatMap(([name, { hash }]) => {
    const token = named.get(name);
    return token !== undefined && prefixOf(token) === hash ? [] : [{ type: "token.revoked", at, name, hash }];
  });
  const others = tokens.filter((token) => !isKnown(known, token));
  const made = others.map((token) => madeFact(known, token, { at, pseudonymOf }));
  return [...revoked, ...made];
}

function madeFact(known: KnownTokens, token: ApiToken, { at, pseudonymOf }: Omit<Changed, "tokens">): TokenFact {
  const { name, scopes, owner, expiresAt } = token;
  const hash = prefixOf(token);
  return {
    type: known.get(name)?.hash === hash ? "token.changed" : "token.made",
    at,
    name,
    scopes,
    hash,
    entry: digestOf(token),
    ...(owner !== undefined && { owner: pseudonymOf(owner) }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function prefixOf({ hash }: ApiToken): string {
  return hash.slice(0, HASH_DIGITS);
}
