import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What Slack says of a request beside its body, in a form that can be checked, or why it cannot. */
export type SignedHead =
  | {
      readonly kind: "signed";
      /** As it was sent, since it is part of what is signed. */
      readonly timestamp: string;
      /** 64 hexadecimal digits. */
      readonly signature: string;
    }
  | { readonly kind: "unsigned" }
  /** Signed too long ago, or for later: such a request would be good for all that time. */
  | { readonly kind: "time" };

const WINDOW_MS = 5 * 60_000;
const TIMESTAMP = /^\d{1,12}$/u;
const SIGNATURE = /^v0=[0-9a-f]{64}$/u;
const VERSION_LENGTH = "v0=".length;

/** Reads the two headers; one that is missing, sent twice or of another form or version is no signature. */
export function readSignedHead(headers: IncomingHttpHeaders, nowMs: number): SignedHead {
  const timestamp = headers["x-slack-request-timestamp"];
  const stated = headers["x-slack-signature"];
  if (typeof timestamp !== "string" || !TIMESTAMP.test(timestamp)) return { kind: "unsigned" };
  if (typeof stated !== "string" || !SIGNATURE.test(stated)) return { kind: "unsigned" };
  if (Math.abs(nowMs - Number(timestamp) * 1000) > WINDOW_MS) return { kind: "time" };
  return { kind: "signed", timestamp, signature: stated.slice(VERSION_LENGTH) };
}

/** Whether whoever knows the signing secret signed exactly these bytes; takes as long for every wrong signature. */
export function isSigned(
  secret: string,
  { timestamp, signature }: SignedHead & { kind: "signed" },
  body: Buffer,
): boolean {
  const expected = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}
