import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { z } from "zod";

import { AppError, errorText } from "../../platform/errors.ts";
import type { AllowedProgram } from "../program/allowed-program.ts";

/** Throws `program.altered` for a program that has not the digest which it must have, and `program.missing`. */
export async function verifyProgram({ path, sha256 }: Pick<AllowedProgram, "path" | "sha256">): Promise<void> {
  if (sha256 === undefined) return;
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(z.instanceof(Buffer).parse(chunk));
  } catch (error) {
    const message = `The program ${path} cannot be read (${errorText(error)}). Install it on the machine that executes the step.`;
    throw new AppError(message, { code: "program.missing", cause: error });
  }
  const found = hash.digest("hex");
  if (found === sha256) return;
  const message = `The program ${path} is not the one that the configuration allows: its SHA-256 is ${found}. Find out who replaced it, or write the new digest there.`;
  throw new AppError(message, { code: "program.altered" });
}
