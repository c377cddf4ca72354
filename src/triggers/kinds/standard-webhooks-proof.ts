import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import type { Delivery, DeliveryHead, Disbelief } from "../trigger-kind.ts";
import { loneHeader } from "./lone-header.ts";
import { signedTime } from "./signed-time.ts";

const ID = "webhook-id";
const TIMESTAMP = "webhook-timestamp";
const SIGNATURE = "webhook-signature";
const VERSION = "v1,";
const FORM = /^v(?:1,[A-Za-z0-9+/]{43}=|(?!1,)\d[a-z]?,[A-Za-z0-9+/]{1,200}={0,2})$/u;
const KEY_PREFIX = "whsec_";
const LEAST_KEY_BYTES = 16;
const HMAC_BYTES = 32;
// A sender that changes its key signs with the old and the new one.
const MOST_SIGNATURES = 10;

/** Whether a delivery has the headers of Standard Webhooks (standardwebhooks.com), and was signed about now. */
export function admitStandardWebhook({ headers, at }: DeliveryHead): Disbelief | undefined {
  if (statedSignatures(headers).length === 0 || loneHeader(headers, ID) === undefined) return "unsigned";
  return signedTime(headers[TIMESTAMP], at);
}

/** Whether one of the signatures is that of `ID.MOMENT.BODY` by one of the secrets. */
export function verifyStandardWebhook(delivery: Delivery, secrets: readonly string[]): Disbelief | undefined {
  const refused = admitStandardWebhook(delivery);
  if (refused !== undefined) return refused;
  const { headers, body } = delivery;
  const before = `${loneHeader(headers, ID)}.${loneHeader(headers, TIMESTAMP)}.`;
  const stated = statedSignatures(headers);
  let isSigned = false;
  for (const key of secrets.flatMap((secret) => keysOf(secret))) {
    const expected = createHmac("sha256", key).update(before).update(body).digest();
    for (const one of stated) isSigned = timingSafeEqual(expected, one) || isSigned;
  }
  return isSigned ? undefined : "signature";
}

export function hasStandardSignature(headers: IncomingHttpHeaders): boolean {
  return headers[SIGNATURE] !== undefined;
}

/**
 * The specification writes the key in base 64 behind its prefix. Senders that take any text for a secret (GitLab calls it a signing
 * token) may use it as it stands, so that such a secret is tried as both; whatever has no prefix is the key itself.
 */
function keysOf(secret: string): readonly Buffer[] {
  const text = Buffer.from(secret, "utf8");
  const decoded = Buffer.from(secret.startsWith(KEY_PREFIX) ? secret.slice(KEY_PREFIX.length) : "", "base64");
  // What is no base 64 would be a key that everybody knows: an empty one.
  return decoded.length >= LEAST_KEY_BYTES ? [decoded, text] : [text];
}

/** None at all when one of them has no form of a signature: then the header was sent twice, or is of somebody else. */
function statedSignatures(headers: IncomingHttpHeaders): readonly Buffer[] {
  const stated = (loneHeader(headers, SIGNATURE) ?? "").split(" ");
  if (stated.length > MOST_SIGNATURES || !stated.every((one) => FORM.test(one))) return [];
  return stated
    .filter((one) => one.startsWith(VERSION))
    .map((one) => Buffer.from(one.slice(VERSION.length), "base64"))
    .filter(({ length }) => length === HMAC_BYTES);
}
