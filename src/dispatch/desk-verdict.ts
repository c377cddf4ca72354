import { failureOf } from "../engine/step-kind.ts";
import type { JobRef, Verdict } from "./wire.ts";

/** A worker may do what it asked for. */
export const YES: Verdict = { ok: true };

/** The one who asks has been replaced, or what it asks about is over. */
export function superseded({ key }: JobRef): Verdict {
  const message = `${key} has ended or was handed out anew, so nothing more is done under this dispatch.`;
  return { ok: false, code: "step.superseded", message, retry: "never" };
}

/** Another worker has not stopped yet. */
export function stillRunning(): Verdict {
  return {
    ok: false,
    code: "step.still-running",
    message: "An earlier execution has not stopped yet.",
    retry: "never",
  };
}

/** What was asked for could not be written down. */
export function refusal(error: unknown): Verdict {
  const { code, message, retry } = failureOf(error);
  return { ok: false, code, message, retry };
}
