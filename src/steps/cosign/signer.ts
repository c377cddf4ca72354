import { createHash, createPublicKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { GitFile } from "../image/git-folder.ts";

const MOST_KEY_CHARACTERS = 20_000;

/** Passed to the program as it is, as one argument: what begins with a dash would be no value. */
const Exact = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[^\s\0]+(?: [^\s\0]+)*$/u, "a text without line ends");

/** Who must have signed. Patterns are not offered: they let in more than was meant. */
export const SIGNER_INPUT = {
  key: z
    .union([z.string().max(MOST_KEY_CHARACTERS), GitFile])
    .optional()
    .meta({ description: "The public key: PEM, or a file in Git" }),
  keyless: z
    .strictObject({
      identity: Exact.meta({ description: "Exactly what the certificate says, such as the address of a workflow" }),
      issuer: Exact.meta({
        description: "Exactly who vouched for it, such as https://token.actions.githubusercontent.com",
      }),
    })
    .optional()
    .meta({ description: "A signature without a key of its own: who signed, and who says so; both are needed" }),
};

/** What was asserted: a key, or who signed and who vouched for it. */
export type Signer =
  | { readonly kind: "key"; readonly pem: string }
  | { readonly kind: "keyless"; readonly identity: string; readonly issuer: string };

/** Throws `cosign.bad-input` unless there is exactly one, and `cosign.bad-key` for a key that is none. */
export function signerOf(
  input: { readonly keyless?: { readonly identity: string; readonly issuer: string } | undefined },
  pem: string | undefined,
): Signer {
  const { keyless } = input;
  if ((pem === undefined) === (keyless === undefined)) {
    throw new AppError('One of "key" and "keyless" says who must have signed. Give either', {
      code: "cosign.bad-input",
    });
  }
  if (keyless !== undefined) return { kind: "keyless", ...keyless };
  return { kind: "key", pem: readKey(pem ?? "") };
}

/** For people and the log. */
export function signerText(signer: Signer): string {
  if (signer.kind === "keyless") return `${signer.identity} (${signer.issuer})`;
  const der = createPublicKey(signer.pem).export({ type: "spki", format: "der" });
  return `key sha256:${createHash("sha256").update(der).digest("hex")}`;
}

/** The arguments that assert it, each with its value in one, so that no value is taken for an option. */
export async function signerArguments(signer: Signer, folder: string): Promise<readonly string[]> {
  if (signer.kind === "keyless") {
    return [`--certificate-identity=${signer.identity}`, `--certificate-oidc-issuer=${signer.issuer}`];
  }
  // Always a file: any other text could name a key service, or a variable.
  const file = join(folder, "key.pub");
  await writeFile(file, signer.pem, { mode: 0o600, flag: "wx" });
  return [`--key=${file}`];
}

function readKey(pem: string): string {
  const text = pem.trim();
  try {
    if (!text.startsWith("-----BEGIN PUBLIC KEY-----")) throw new TypeError("it does not begin like one");
    createPublicKey(text);
    return `${text}\n`;
  } catch (error) {
    const message = "The key is no public key in PEM, which begins with -----BEGIN PUBLIC KEY-----";
    throw new AppError(message, { code: "cosign.bad-key", cause: error });
  }
}
