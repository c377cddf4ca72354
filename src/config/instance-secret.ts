import { createHash, hkdfSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

import { AppError, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { SecretMask } from "../platform/masking.ts";

/** A key for one purpose. `id` goes into every envelope that is made with it, so that the secret can be replaced later. */
export interface PurposeKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** What the derived keys are for. */
export type KeyPurpose = "link" | "job" | "report" | "answer" | "anchor" | "seal" | "artifact";

export interface InstanceSecretDeps {
  /** `QUARTERDECK_SECRET`: one secret, or several with white space in between, the newest first. */
  readonly configured: string | undefined;
  readonly dataFolder: string;
  readonly random: Random;
  readonly mask: SecretMask;
}

const FILE = "secret";
const SHORTEST = 32;
const SECRET_BYTES = 32;
const KEY_BYTES = 32;

/** The secret of this installation. Only keys that are derived from it, one for each purpose, are ever used. */
export class InstanceSecret {
  /** Where it is kept, when it is in the data folder. */
  readonly file: string | undefined;
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[], file?: string) {
    this.#secrets = secrets;
    this.file = file;
  }

  /** Newest first: the first one is for making something new, the others are for what was made with an earlier secret. */
  keys(purpose: KeyPurpose): readonly PurposeKey[] {
    return this.#secrets.map((secret) => deriveKey(secret, purpose));
  }
}

/**
 * Takes the configured secret, or the one in the data folder, which is made with mode 0600 when it is not there, and sees to it
 * that it never shows. Throws `secret.instance` when it is too short or when others may read the file.
 */
export async function openInstanceSecret(deps: InstanceSecretDeps): Promise<InstanceSecret> {
  const file = join(deps.dataFolder, FILE);
  const place = deps.configured === undefined ? file : "QUARTERDECK_SECRET";
  const secrets = secretsIn(deps.configured ?? (await storedSecret(file, deps)), place);
  for (const secret of secrets) deps.mask.add(secret);
  return new InstanceSecret(secrets, deps.configured === undefined ? file : undefined);
}

/** The same without making one; undefined where there is none. Throws `secret.instance` when it cannot be used. */
export function readInstanceSecret(from: {
  readonly configured: string | undefined;
  /** Undefined when only the configured one may be used. */
  readonly dataFolder: string | undefined;
}): InstanceSecret | undefined {
  const { configured, dataFolder } = from;
  if (configured !== undefined) return new InstanceSecret(secretsIn(configured, "QUARTERDECK_SECRET"));
  const file = dataFolder === undefined ? undefined : join(dataFolder, FILE);
  if (file === undefined || !existsSync(file)) return undefined;
  try {
    return new InstanceSecret(secretsIn(readFileSync(file, "utf8"), file), file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = `The secret of this installation, ${file}, cannot be read (${errorText(error)})`;
    throw new AppError(message, { code: "secret.instance", cause: error });
  }
}

function secretsIn(text: string, place: string): readonly string[] {
  const secrets = text.split(/\s+/u).filter((secret) => secret !== "");
  if (secrets.length > 0 && secrets.every((secret) => secret.length >= SHORTEST)) return secrets;
  const message = `The secret in ${place} is shorter than ${SHORTEST} characters. Make one with: openssl rand -base64 32`;
  throw new AppError(message, { code: "secret.instance" });
}

function deriveKey(secret: string, purpose: KeyPurpose): PurposeKey {
  const bytes = new Uint8Array(hkdfSync("sha256", secret, "quarterdeck", purpose, KEY_BYTES));
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 12), bytes };
}

async function storedSecret(file: string, deps: InstanceSecretDeps): Promise<string> {
  try {
    await makeOnce(file, deps);
    const { mode } = await stat(file);
    if ((mode & 0o077) === 0) return await readFile(file, "utf8");
  } catch (error) {
    const message = `The secret of this installation, ${file}, cannot be read or made (${errorText(error)}). Mend the data folder or set QUARTERDECK_SECRET`;
    throw new AppError(message, { code: "secret.instance", cause: error });
  }
  const message = `The secret of this installation, ${file}, can be read by others. Run: chmod 600 ${file}`;
  throw new AppError(message, { code: "secret.instance" });
}

/** Makes the file unless it is there. It appears whole or not at all, also when two processes start together. */
async function makeOnce(file: string, { dataFolder, random }: InstanceSecretDeps): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const draft = `${file}.${random.bytes(8).toString("hex")}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${random.bytes(SECRET_BYTES).toString("base64url")}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  // Unlike a rename, a link never replaces what another process has made meanwhile.
  await link(draft, file).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  await unlink(draft);
}
