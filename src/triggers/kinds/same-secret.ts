import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether `stated` is one of the secrets. Digests are compared, so that neither the length nor the beginning of a secret shows in
 * the time it takes, and each is compared, whichever fits. What is empty is never one.
 */
export function isOneOfSecrets(stated: string, secrets: readonly string[]): boolean {
  const digest = sha256(stated);
  let isOne = false;
  for (const secret of secrets) isOne = timingSafeEqual(digest, sha256(secret)) || isOne;
  return isOne && stated !== "";
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
