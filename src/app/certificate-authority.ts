import { readFileSync } from "node:fs";

import { AppError } from "../platform/errors.ts";

/** The text of the certificate authority of an Argo CD server. Throws `config.ca`. */
export function readAuthority(server: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError(`The certificate authority of the Argo CD server "${server}" cannot be read from ${file}.`, {
      code: "config.ca",
      cause,
    });
  }
}
