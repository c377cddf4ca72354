import { statSync } from "node:fs";

import { type AnchorKey, anchorKeyOf, pemOf } from "../audit/anchor-key.ts";
import { readInstanceSecret } from "../config/instance-secret.ts";
import { AppError } from "../platform/errors.ts";

/** `quarterdeck audit key`: what others need to check what this server signs. The text is a key file as it is. */
export function showKeys(path: string, configured: string | undefined): number {
  const keys = ownKeys(path, configured);
  if (keys.length === 0) {
    throw new AppError(
      `There is no secret in ${path}, and QUARTERDECK_SECRET is not set: the first start of the server makes one.`,
      {
        code: "secret.instance",
      },
    );
  }
  const texts = keys.map((key, index) => {
    const use = index === 0 ? "signs the log now" : "signed it earlier";
    return `Key ${key.id}, ${use}\n${pemOf(key)}`;
  });
  process.stdout.write(texts.join("\n"));
  return 0;
}

/** The keys that the secret of an installation gives, newest first; none where it is not known. */
export function ownKeys(path: string, configured: string | undefined): readonly AnchorKey[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const secret = readInstanceSecret({ configured, dataFolder: isFolder ? path : undefined });
  return secret?.keys("anchor").map(({ bytes }) => anchorKeyOf(bytes)) ?? [];
}
