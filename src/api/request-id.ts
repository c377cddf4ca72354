import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { newId, type Random } from "../platform/ids.ts";
import type { ApiToken } from "./api-token.ts";

/** Under which it is asked again what came of a request. */
export const REQUEST_ID = /^(?:req_[0-9A-Z]{26}|key_[0-9a-f]{32})$/u;

const KEY = /^[\x21-\x7e]{1,255}$/u;
const KEY_DIGITS = 32;

/**
 * The id of a request: the same for the same `Idempotency-Key`, and another one each time without. Undefined for a key that is none.
 */
export function requestIdOf(
  { "idempotency-key": key }: IncomingHttpHeaders,
  { now, random }: { readonly now: number; readonly random: Random },
): string | undefined {
  if (key === undefined) return newId("req", now, random);
  if (typeof key !== "string" || !KEY.test(key)) return undefined;
  return `key_${createHash("sha256").update(key).digest("hex").slice(0, KEY_DIGITS)}`;
}

/** The key under which a request of a token is recorded: nobody else's token gets at it. */
export function doorKey({ name }: Pick<ApiToken, "name">, request: string): string {
  return `api/${name}/${request}`;
}
