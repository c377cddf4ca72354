import type { Artifact } from "../domain/artifact.ts";
import { AppError } from "../platform/errors.ts";

/** A file has more bytes than are kept. */
export function tooLarge(name: string, most: number): AppError {
  const message = `The file ${JSON.stringify(name)} has more than ${most} bytes, which is the most that is kept. Raise artifacts.largest in the configuration, or leave less.`;
  return new AppError(message, { code: "artifact.too-large" });
}

export function missing({ name }: Pick<Artifact, "name">): AppError {
  const message = `The file ${JSON.stringify(name)} is not kept any more: files are deleted after a while (artifacts.keep in the configuration). Run the step again that left it.`;
  return new AppError(message, { code: "artifact.missing" });
}

/** What is there is not what a step left. */
export function damaged({ name, digest }: Pick<Artifact, "name" | "digest">, cause?: unknown): AppError {
  const message = `The file ${JSON.stringify(name)} is not what the step left (SHA-256 ${digest}): it was changed since. Run the step again that left it.`;
  return new AppError(message, { code: "artifact.damaged", cause });
}
