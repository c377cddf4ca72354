import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import type { ImageReference } from "./image-reference.ts";

/** How to get at the registry of an image. Nothing of it is used for any other host. */
export const RegistryAccess = z.strictObject({
  user: z.string().min(1).max(200).optional(),
  password: SecretText.optional().meta({ description: "The password or token of `user`" }),
  ca: SecretText.optional().meta({ description: "PEM of the authority, where it is not a public one" }),
  http: z.boolean().optional().meta({ description: "Without TLS; needed for no registry on this machine itself" }),
});
export type RegistryAccess = z.infer<typeof RegistryAccess>;

/** The texts of it that nobody may see. */
export function accessSecrets({ password, user }: RegistryAccess): readonly string[] {
  if (password === undefined) return [];
  return [password, Buffer.from(`${user ?? ""}:${password}`).toString("base64")];
}

/**
 * Lays the access to the registry of an image down for programs that read what Docker reads, in files that only this user can read,
 * and says in which environment they find it. The credentials stand under the one host that they are for.
 */
export async function layOutAccess(
  folder: string,
  image: Pick<ImageReference, "registry">,
  access: RegistryAccess,
): Promise<Readonly<Record<string, string>>> {
  const docker = join(folder, "docker");
  await mkdir(docker, { mode: 0o700 });
  const { user = "", password, ca } = access;
  const auth = Buffer.from(`${user}:${password ?? ""}`).toString("base64");
  const auths = password === undefined ? {} : { [configHost(image)]: { auth } };
  await writeFile(join(docker, "config.json"), JSON.stringify({ auths }), { mode: 0o600, flag: "wx" });
  if (ca === undefined) return { DOCKER_CONFIG: docker };
  const file = join(folder, "registry-ca.pem");
  await writeFile(file, ca, { mode: 0o600, flag: "wx" });
  return { DOCKER_CONFIG: docker, SSL_CERT_FILE: file };
}

/** Docker keeps the credentials for its own registry under the address that it once had. */
function configHost({ registry }: Pick<ImageReference, "registry">): string {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}
