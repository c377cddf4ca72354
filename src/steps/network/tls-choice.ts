import { readFile } from "node:fs/promises";

import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import { errorText } from "../../platform/errors.ts";
import { CallError } from "./call-failure.ts";

export const TlsInput = z.strictObject({
  ca: SecretText.optional().meta({ description: "PEM of the authority, where it is not a public one" }),
  "ca-file": z.string().min(1).optional().meta({ description: "File with it, on the machine that executes the step" }),
  certificate: SecretText.optional().meta({ description: "PEM of the certificate that is shown to the other side" }),
  key: SecretText.optional().meta({ description: "PEM of its key" }),
  "server-name": z.string().min(1).optional().meta({ description: "The name in the other side's certificate" }),
  insecure: z.boolean().optional().meta({ description: "Any certificate will do; for trials only" }),
});
export type TlsInput = z.infer<typeof TlsInput>;

/** How to know the other side, and to be known by it; as Node's TLS takes it. */
export interface TlsChoice {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Throws `network.tls-file` when the file of the authority cannot be read. */
export async function tlsChoice(input: TlsInput | undefined): Promise<TlsChoice> {
  if (input === undefined) return {};
  const { certificate, key, "ca-file": file, "server-name": servername, insecure } = input;
  const ca = input.ca ?? (file === undefined ? undefined : await readAuthority(file));
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(insecure === true && { rejectUnauthorized: false }),
  };
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const message = `The file of the authority, ${file}, cannot be read (${errorText(error)}). It has to be on the machine that executes the step.`;
    throw new CallError(message, { code: "network.tls-file", wasConnected: false, cause: error });
  }
}
