import { z } from "zod";

import type { Configuration } from "../config/configuration.ts";
import type { Job } from "../engine/ports.ts";
import { ArgocdConnection, connectionOf } from "./argocd-connection.ts";

const FilesConnection = z.strictObject({
  /** Where the server is reached. */
  url: z.string(),
  token: z.string(),
  mostBytes: z.number(),
  /** The id of the key with which the server seals. */
  sealKey: z.string(),
});
export type FilesConnection = z.infer<typeof FilesConnection>;

/** How a worker reaches everything that a job needs and that is not in the job. */
export const JobConnection = z.strictObject({
  argocd: ArgocdConnection.exactOptional(),
  files: FilesConnection.exactOptional(),
  /** The secrets that the input names, and the variable or file in which each worker has them; never their values. */
  secrets: z.record(z.string(), z.strictObject({ env: z.string().exactOptional(), file: z.string().exactOptional() })),
});
export type JobConnection = z.infer<typeof JobConnection>;

/** The connection of a job, which goes with it. */
export function jobConnection(
  job: Job,
  {
    configuration,
    filesOf,
  }: { readonly configuration: Configuration; readonly filesOf?: (job: Job) => FilesConnection },
): JobConnection {
  const argocd = connectionOf(configuration, job);
  const files = filesOf?.(job);
  const named = namedSecrets(job.input).filter((name) => configuration.secrets[name] !== undefined);
  const secrets = Object.fromEntries(
    named.map((name) => {
      const { env, file } = configuration.secrets[name] ?? {};
      return [name, { ...(env !== undefined && { env }), ...(file !== undefined && { file }) }];
    }),
  );
  return { ...(argocd !== undefined && { argocd }), ...(files !== undefined && { files }), secrets };
}

/** The names of the secrets of the configuration that stand in an input. */
function namedSecrets(input: Job["input"]): readonly string[] {
  const found = JSON.stringify(input).matchAll(/"secret":"([A-Za-z_][A-Za-z0-9_]*)"/gu);
  return [...new Set(Array.from(found, ([, name]) => name ?? ""))];
}
