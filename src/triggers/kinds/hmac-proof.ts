import { createHmac, timingSafeEqual } from "node:crypto";

import type { Delivery, DeliveryHead, Disbelief } from "../trigger-kind.ts";
import { loneHeader } from "./lone-header.ts";
import { signedTime } from "./signed-time.ts";

/** How a sender writes the HMAC of the body. */
export interface HmacProof {
  readonly kind: "hmac";
  /** In lower case. */
  readonly header: string;
  readonly algorithm: "sha256" | "sha512";
  readonly encoding: "hex" | "base64";
  /** What stands before the digits, such as `sha256=`. */
  readonly prefix: string;
  /** The header with the moment of signing, in lower case; then `MOMENT.BODY` is what is signed, and not the body alone. */
  readonly timestampHeader?: string | undefined;
}

const BYTES = { sha256: 32, sha512: 64 };

/** What the head tells: whether there is a signature that could be one, and whether it was made about now. */
export function admitHmac({ headers, at }: DeliveryHead, proof: HmacProof): Disbelief | undefined {
  if (statedHmac(headers, proof) === undefined) return "unsigned";
  return proof.timestampHeader === undefined ? undefined : signedTime(headers[proof.timestampHeader], at);
}

/** Whether somebody who knows one of the secrets signed exactly these bytes; takes as long for every wrong signature. */
export function verifyHmac(delivery: Delivery, proof: HmacProof, secrets: readonly string[]): Disbelief | undefined {
  const refused = admitHmac(delivery, proof);
  if (refused !== undefined) return refused;
  const stated = statedHmac(delivery.headers, proof);
  if (stated === undefined) return "unsigned";
  const before = proof.timestampHeader === undefined ? "" : `${loneHeader(delivery.headers, proof.timestampHeader)}.`;
  let isSigned = false;
  for (const secret of secrets) {
    const expected = createHmac(proof.algorithm, secret).update(before).update(delivery.body).digest();
    isSigned = timingSafeEqual(expected, stated) || isSigned;
  }
  return isSigned ? undefined : "signature";
}

/** The bytes of the signature; undefined when it is none of this form and length. */
function statedHmac(headers: DeliveryHead["headers"], proof: HmacProof): Buffer | undefined {
  const value = loneHeader(headers, proof.header);
  if (value === undefined || !value.startsWith(proof.prefix)) return undefined;
  const digits = value.slice(proof.prefix.length);
  const bytes = Buffer.from(digits, proof.encoding);
  const isWhole = bytes.length === BYTES[proof.algorithm] && bytes.toString(proof.encoding) === lowerHex(digits, proof);
  return isWhole ? bytes : undefined;
}

function lowerHex(digits: string, { encoding }: HmacProof): string {
  return encoding === "hex" ? digits.toLowerCase() : digits;
}
