import { createHash } from "node:crypto";

const PLAIN = /^[A-Za-z0-9._:-]{1,128}$/u;

/** The vendor's id of a delivery, in characters that keys have; without one the digest of what was delivered. */
export function deliveryId(stated: string | undefined, body: Uint8Array): string {
  if (stated === undefined || stated === "") return `sha256:${createHash("sha256").update(body).digest("hex")}`;
  return PLAIN.test(stated) ? stated : `id-sha256:${createHash("sha256").update(stated).digest("hex")}`;
}
