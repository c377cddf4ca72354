import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { Effect } from "../domain/effect.ts";
import { tryJson } from "../platform/try-json.ts";

/** A key of its own purpose, with its id. */
export interface TokenKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** What a token is good for: the files of one dispatch of one step, until then. */
const JobClaim = Effect.extend({ token: z.int(), until: z.int() });
export type JobClaim = z.infer<typeof JobClaim>;

const TOKEN = /^(?<id>[0-9a-z]{1,64})\.(?<claim>[A-Za-z0-9_-]{1,4000})\.(?<mac>[A-Za-z0-9_-]{43})$/u;

/** What a worker shows to leave and read the files of its job. */
export function makeJobToken(claim: JobClaim, key: TokenKey): string {
  const text = Buffer.from(JSON.stringify(claim)).toString("base64url");
  return `${key.id}.${text}.${macOf(key, text).toString("base64url")}`;
}

/** Undefined for a token that none of our keys made, and for one that is not good any more. */
export function tryJobToken(
  token: string,
  { keys, now }: { readonly keys: readonly TokenKey[]; readonly now: number },
): JobClaim | undefined {
  const { id, claim = "", mac = "" } = TOKEN.exec(token)?.groups ?? {};
  const key = keys.find((each) => each.id === id);
  if (key === undefined) return undefined;
  const given = Buffer.from(mac, "base64url");
  const wanted = macOf(key, claim);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const parsed = JobClaim.safeParse(tryJson(Buffer.from(claim, "base64url").toString("utf8"))).data;
  return parsed === undefined || parsed.until <= now ? undefined : parsed;
}

function macOf({ id, bytes }: TokenKey, text: string): Buffer {
  return createHmac("sha256", bytes).update(`${id}\n${text}`).digest();
}
