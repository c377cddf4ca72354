import { z } from "zod";

import type { Configuration } from "../config/configuration.ts";
import { tryAppRef } from "../domain/target.ts";
import type { Job } from "../engine/ports.ts";
import { readAuthority } from "./certificate-authority.ts";

/** How a worker reaches the Argo CD server that a job works on: never with the token itself, only with where to find it. */
export const ArgocdConnection = z.strictObject({
  name: z.string(),
  url: z.string(),
  /** The text of the certificate authority, as the worker does not have the server's files. */
  ca: z.string().exactOptional(),
  insecure: z.boolean(),
  /** False where the server only observes. */
  mayWrite: z.boolean(),
  /** The name of the secret, and the variable or file in which each worker has it. */
  token: z.strictObject({ secret: z.string(), env: z.string().exactOptional(), file: z.string().exactOptional() }),
});
export type ArgocdConnection = z.infer<typeof ArgocdConnection>;

/** The connection that a job needs, by the server that `input.app` names; undefined for a job that works on no application. */
export function connectionOf(configuration: Configuration, { input }: Job): ArgocdConnection | undefined {
  const app = input["app"];
  const server = typeof app === "string" ? tryAppRef(app)?.server : undefined;
  const settings = configuration.argocd.find(({ name }) => name === server);
  if (settings === undefined) return undefined;
  const { name, url, ca, insecure, token } = settings;
  const { env, file } = configuration.secrets[token.secret] ?? {};
  return {
    name,
    url,
    insecure,
    mayWrite: configuration.mode === "act",
    token: { secret: token.secret, ...(env !== undefined && { env }), ...(file !== undefined && { file }) },
    ...(ca !== undefined && { ca: readAuthority(name, ca) }),
  };
}
