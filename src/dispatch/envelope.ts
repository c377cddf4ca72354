import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import type { Json } from "../platform/canonical-json.ts";
import { AppError } from "../platform/errors.ts";
import { isNestedDeeper } from "../platform/nesting.ts";
import { tryJson } from "../platform/try-json.ts";

/** A key for one purpose; its id stands in every envelope that is made with it. */
export interface EnvelopeKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The keys of one secret: for jobs, for what workers report, and for what the server answers. */
export interface ChannelKeys {
  readonly job: EnvelopeKey;
  readonly report: EnvelopeKey;
  readonly answer: EnvelopeKey;
}

/**
 * Why an envelope was not taken: `foreign` was made with the key of somebody else, `forged` carries our key's id and is not made
 * with it, or was changed on the way.
 */
export type EnvelopeFault = "too-large" | "malformed" | "foreign" | "forged";

export type OpenedEnvelope =
  | { readonly kind: "opened"; readonly body: unknown }
  | { readonly kind: "refused"; readonly fault: EnvelopeFault };

// A job carries its input, facts and a certificate; all of these have limits of their own far below this.
const MOST_CHARACTERS = 1_048_576;
const FORMAT = 1;

const Envelope = z.strictObject({
  v: z.literal(FORMAT),
  kid: z.string().max(64),
  body: z.string(),
  mac: z.string().max(64),
});

/** What JSON can carry, with members that are undefined left out. */
export type Sealable = Json | object;

/**
 * Signs a body. Whoever has the secret knows by it who made it and that nobody changed it; it hides nothing. Throws
 * `envelope.too-large` for what the other side would refuse.
 */
export function sealEnvelope(key: EnvelopeKey, body: Sealable): string {
  const text = JSON.stringify(body);
  const sealed = JSON.stringify({ v: FORMAT, kid: key.id, body: text, mac: macOf(key, text).toString("base64url") });
  if (sealed.length <= MOST_CHARACTERS) return sealed;
  const message = `A message between server and worker would have ${sealed.length} characters; ${MOST_CHARACTERS} is the most.`;
  throw new AppError(message, { code: "envelope.too-large" });
}

/** Opens what anybody may have written. Nothing of the body is read before its signature has been found good. */
export function openEnvelope(key: EnvelopeKey, text: string): OpenedEnvelope {
  if (text.length > MOST_CHARACTERS) return refused("too-large");
  const envelope = Envelope.safeParse(tryJson(text)).data;
  if (envelope === undefined) return refused("malformed");
  if (envelope.kid !== key.id) return refused("foreign");
  const given = Buffer.from(envelope.mac, "base64url");
  const wanted = macOf(key, envelope.body);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refused("forged");
  const body = tryJson(envelope.body);
  // Whoever has the key may be a worker that somebody else has taken.
  return isNestedDeeper(body) ? refused("malformed") : { kind: "opened", body };
}

// Making one out of the bytes takes longer than all the rest of a signature.
const keyObjects = new WeakMap<EnvelopeKey, KeyObject>();

function macOf(key: EnvelopeKey, body: string): Buffer {
  const object = keyObjects.get(key) ?? createSecretKey(key.bytes);
  keyObjects.set(key, object);
  return createHmac("sha256", object).update(`${FORMAT}\n${key.id}\n${body}`).digest();
}

function refused(fault: EnvelopeFault): OpenedEnvelope {
  return { kind: "refused", fault };
}
