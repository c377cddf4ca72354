import { z } from "zod";

import { ApiError } from "./argocd-api-error.ts";
import { matchesGlob } from "./argocd-glob.ts";
import { kubernetesTime } from "./cluster-pace.ts";

/** One line of Argo CD's policy: what the account may do to the objects that fit. */
export const Policy = z.strictObject({
  resource: z.string(),
  action: z.string(),
  object: z.string(),
  effect: z.enum(["allow", "deny"]).default("allow"),
});
export type Policy = z.infer<typeof Policy>;

export const AccountDefinition = z.strictObject({
  name: z.string(),
  /** Three parts with dots between them, as a JSON web token; `accountToken` makes one. */
  token: z.string(),
  policies: z.array(Policy),
});
export type AccountDefinition = z.infer<typeof AccountDefinition>;

/** What somebody wants to do to which object, as Argo CD's policies name both. */
export interface Right {
  readonly resource: string;
  readonly action: string;
  readonly object: string;
}

/** Who sends a request. */
export interface Caller {
  /** Undefined for someone without a token, where that is let in. */
  readonly account?: string;
  readonly issuedAt: string;
  may(right: Right): boolean;
}

/** A token in the form of those that Argo CD gives to accounts, always the same for a name. Not signed by anyone. */
export function accountToken(name: string): string {
  const header = tokenPart({ alg: "HS256", typ: "JWT" });
  const claims = tokenPart({ iss: "argocd", sub: `${name}:apiKey`, iat: 1_793_491_200, jti: `simulated-${name}` });
  return `${header}.${claims}.${Buffer.from(`simulated signature of ${name}`).toString("base64url")}`;
}

function tokenPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The accounts of the server, and the rights of those who have none. */
export class Accounts {
  readonly #accounts = new Map<string, AccountDefinition>();
  readonly #expired = new Set<string>();
  readonly #issuedAt: string;
  #anonymous: readonly Policy[] | undefined;

  constructor(accounts: readonly AccountDefinition[], startedAtMs: number) {
    for (const account of accounts) this.#accounts.set(account.token, account);
    this.#issuedAt = kubernetesTime(startedAtMs);
  }

  /** Lets everyone in who has no valid token, with these rights; undefined ends that. */
  setAnonymous(policies: readonly Policy[] | undefined): void {
    this.#anonymous = policies;
  }

  has(name: string): boolean {
    return [...this.#accounts.values()].some((account) => account.name === name);
  }

  setExpired(name: string, isExpired: boolean): void {
    if (isExpired) this.#expired.add(name);
    else this.#expired.delete(name);
  }

  /** Replaces what an account may do; unknown names are ignored. */
  setPolicies(name: string, policies: readonly Policy[]): void {
    for (const [token, account] of this.#accounts) {
      if (account.name === name) this.#accounts.set(token, { ...account, policies: [...policies] });
    }
  }

  /** Who a request comes from, by its Authorization header; throws the 401 of Argo CD. */
  identify(authorization: string | undefined): Caller {
    const token = /^Bearer (\S+)$/u.exec(authorization ?? "")?.[1] ?? "";
    const account = this.#accounts.get(token);
    const isExpired = account !== undefined && this.#expired.has(account.name);
    if (account !== undefined && !isExpired) return this.#caller(account.policies, account.name);
    if (this.#anonymous !== undefined) return this.#caller(this.#anonymous);
    if (isExpired) throw new ApiError("unauthenticated", "invalid session: token has invalid claims: token is expired");
    if (token.split(".").length !== 3) throw new ApiError("unauthenticated", "no session information");
    const problem = "invalid session: token signature is invalid: signature is invalid";
    throw new ApiError("unauthenticated", problem);
  }

  /** The same, but undefined where the request is from nobody in particular. */
  tryIdentify(authorization: string | undefined): Caller | undefined {
    try {
      return this.identify(authorization);
    } catch {
      return undefined;
    }
  }

  #caller(policies: readonly Policy[], account?: string): Caller {
    return {
      issuedAt: this.#issuedAt,
      ...(account === undefined ? {} : { account }),
      may: (right) => isAllowed(policies, right),
    };
  }
}

function isAllowed(policies: readonly Policy[], asked: Right): boolean {
  const fitting = policies.filter(
    ({ resource, action, object }) =>
      matchesGlob(resource, asked.resource) && matchesGlob(action, asked.action) && matchesGlob(object, asked.object),
  );
  return fitting.length > 0 && fitting.every(({ effect }) => effect === "allow");
}
