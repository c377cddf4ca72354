import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";

/** What an Argo CD token says of itself. Nothing of it is verified. */
const Claims = z.looseObject({ sub: z.string().default(""), exp: z.number().optional() });

export interface TokenClaims {
  /** `name:apiKey`, `name:login` or `proj:project:role`. */
  readonly subject: string;
  readonly expiresAt: number | undefined;
}

/** Undefined for what is no token of Argo CD, which it would treat as if nothing had been sent. */
export function tokenClaims(token: string): TokenClaims | undefined {
  const [, claims, signature] = token.split(".");
  if (claims === undefined || signature === undefined) return undefined;
  const parsed = Claims.safeParse(tryJson(Buffer.from(claims, "base64url").toString("utf8")));
  if (!parsed.success) return undefined;
  const { sub, exp } = parsed.data;
  return { subject: sub, expiresAt: exp === undefined ? undefined : exp * 1000 };
}
