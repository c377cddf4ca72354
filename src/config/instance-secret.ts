import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

import { AppError, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { SecretMask } from "../platform/masking.ts";

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

/**
 * Sees to it that this installation has a secret, and that it never shows: the configured one, or the one in the data folder,
 * which is made with mode 0600 when it is not there. Throws `secret.instance` when it is too short or when others may read the file.
 */
export async function ensureInstanceSecret(deps: InstanceSecretDeps): Promise<void> {
  const file = join(deps.dataFolder, FILE);
  const place = deps.configured === undefined ? file : "QUARTERDECK_SECRET";
  const text = deps.configured ?? (await storedSecret(file, deps));
  const secrets = text.split(/\s+/u).filter((secret) => secret !== "");
  if (secrets.length === 0 || secrets.some((secret) => secret.length < SHORTEST)) {
    const message = `The secret in ${place} is shorter than ${SHORTEST} characters. Make one with: openssl rand -base64 32`;
    throw new AppError(message, { code: "secret.instance" });
  }
  for (const secret of secrets) deps.mask.add(secret);
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
