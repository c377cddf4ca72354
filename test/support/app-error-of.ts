import { AppError } from "../../src/platform/errors.ts";

/** The AppError with which something rejects; throws when it does not, or with anything else. */
export async function appErrorOf(running: Promise<unknown>): Promise<AppError> {
  const [settled] = await Promise.allSettled([running]);
  if (settled.status === "rejected" && settled.reason instanceof AppError) return settled.reason;
  throw new Error("it did not fail with an AppError", {
    cause: settled.status === "rejected" ? settled.reason : settled.value,
  });
}
