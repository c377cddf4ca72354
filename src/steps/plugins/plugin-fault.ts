import { AppError } from "../../platform/errors.ts";

/** A plug-in that cannot be used; the message says what is wrong, in which file, and what to do. */
export function pluginFault(message: string, cause?: unknown): AppError {
  return new AppError(message, { code: "steps.unusable", cause });
}
