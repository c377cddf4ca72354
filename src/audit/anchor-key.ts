import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

import { AppError } from "../platform/errors.ts";

/** The public half of a key that signs heads of the log: whoever has it can check them and cannot make any. */
export interface PublicAnchorKey {
  /** The first 16 hexadecimal digits of the SHA-256 of the key as DER (SubjectPublicKeyInfo). */
  readonly id: string;
  readonly publicKey: KeyObject;
}

export interface AnchorKey extends PublicAnchorKey {
  readonly privateKey: KeyObject;
}

// PKCS #8 for Ed25519 is this, followed by the 32 bytes of the seed (RFC 8410).
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const PEM = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/gu;
const ID_DIGITS = 16;

/** The Ed25519 key of a seed of 32 bytes. */
export function anchorKeyOf(seed: Uint8Array): AnchorKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  return { id: idOf(publicKey), publicKey, privateKey };
}

/** Every public key in a text, which may say other things between them. Throws `audit.key` when there is none, or one of another sort. */
export function publicKeysIn(text: string): readonly PublicAnchorKey[] {
  const blocks = text.match(PEM) ?? [];
  if (blocks.length === 0) throw noKey("there is no public key in PEM in it");
  return blocks.map((pem) => {
    const publicKey = keyIn(pem);
    if (publicKey.asymmetricKeyType !== "ed25519") throw noKey("a key in it is none for Ed25519");
    return { id: idOf(publicKey), publicKey };
  });
}

export function pemOf({ publicKey }: PublicAnchorKey): string {
  return String(publicKey.export({ format: "pem", type: "spki" }));
}

/** Ed25519 over the text as UTF-8, as 86 characters of base64url. */
export function signatureOf(text: string, { privateKey }: AnchorKey): string {
  return sign(null, Buffer.from(text), privateKey).toString("base64url");
}

export function isSignatureOf(text: string, signature: string, { publicKey }: PublicAnchorKey): boolean {
  const bytes = Buffer.from(signature, "base64url");
  // The last character has bits to spare, so several spellings mean the same; only one counts.
  return bytes.toString("base64url") === signature && verify(null, Buffer.from(text), publicKey, bytes);
}

function keyIn(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw noKey("a key in it is damaged", cause);
  }
}

function idOf(publicKey: KeyObject): string {
  const der = publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(der).digest("hex").slice(0, ID_DIGITS);
}

function noKey(problem: string, cause?: unknown): AppError {
  const message = `This is no public key of a log: ${problem}. It is what "quarterdeck audit key" prints`;
  return new AppError(message, { code: "audit.key", cause });
}
