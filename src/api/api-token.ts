import { createHash, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { Name, SlackUser } from "../config/field-schemas.ts";
import type { Random } from "../platform/ids.ts";

/** What a token may be used for; what its machine may start is said by grants, and this narrows it. */
export const Scope = z.enum(["run", "read", "cancel", "retry"]);
export type Scope = z.infer<typeof Scope>;

/** A token as it is kept: not by itself, but by its SHA-256, of which nobody makes a token. */
export const ApiToken = z.strictObject({
  /** Roles name it: `{ token: github-actions }`. */
  name: Name,
  hash: z.string().regex(/^[0-9a-f]{64}$/u),
  scopes: z.array(Scope).min(1),
  /** Whoever has it acts for this person, who approves nothing that it asked for. */
  owner: SlackUser.optional(),
  madeAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
});
export type ApiToken = z.infer<typeof ApiToken>;

const PREFIX = "qd_";
const TOKEN_BYTES = 32;

/** A new token, which is shown once. */
export function newToken(random: Pick<Random, "bytes">): string {
  return `${PREFIX}${random.bytes(TOKEN_BYTES).toString("base64url")}`;
}

/** How a token is known to those who do not have it. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The one that has this hash. Takes as long whichever it is, and when it is none. */
export function findToken(tokens: readonly ApiToken[], hash: string): ApiToken | undefined {
  const wanted = Buffer.from(hash, "hex");
  let found: ApiToken | undefined;
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.hash, "hex"), wanted)) found = token;
  return found;
}
