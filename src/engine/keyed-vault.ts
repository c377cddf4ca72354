import { createCipheriv, createDecipheriv } from "node:crypto";

import { AppError } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { SealedText, Vault } from "./vault.ts";

interface Deps {
  /** What outputs are sealed with; the newest first, the others are for what was sealed with an earlier one. */
  readonly keys: readonly { readonly id: string; readonly bytes: Uint8Array }[];
  /** The value of a secret of the configuration. Throws `secret.unresolved`. */
  readonly resolve: (name: string) => string;
  readonly random: Random;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with keys that the server and its workers have in common: AES-256-GCM, bound to where the text came from. */
export class KeyedVault implements Vault {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  resolve(name: string): string {
    return this.#deps.resolve(name);
  }

  seal(text: string, origin: string): SealedText {
    const [key] = this.#deps.keys;
    if (key === undefined) throw new TypeError("there is no key to seal with");
    const nonce = this.#deps.random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key.bytes, nonce);
    cipher.setAAD(Buffer.from(origin));
    const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return { key: key.id, origin, nonce: nonce.toString("base64url"), data: data.toString("base64url") };
  }

  open({ key: id, origin, nonce, data }: SealedText): string {
    const key = this.#deps.keys.find((each) => each.id === id);
    if (key === undefined) throw unreadable(origin, `it was sealed under another QUARTERDECK_SECRET (key ${id})`);
    const bytes = Buffer.from(data, "base64url");
    try {
      const iv = Buffer.from(nonce, "base64url");
      const decipher = createDecipheriv(CIPHER, key.bytes, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(origin));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8");
    } catch (error) {
      throw unreadable(origin, "it was changed since", error);
    }
  }
}

function unreadable(origin: string, why: string, cause?: unknown): AppError {
  const message = `The secret output ${JSON.stringify(origin)} cannot be read: ${why}. Run the step again that left it.`;
  return new AppError(message, { code: "secret.unreadable", cause });
}
