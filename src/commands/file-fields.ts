import { z } from "zod";

import { tryDuration } from "../platform/duration.ts";

const LONGEST_DURATION_MS = 400 * 86_400_000;

/** `90s`, `15m`, `1h30m`, `7d`; read as milliseconds. */
export const Duration = z.string().transform((text, context) => {
  const durationMs = tryDuration(text);
  if (durationMs !== undefined && durationMs > 0 && durationMs <= LONGEST_DURATION_MS) return durationMs;
  context.addIssue({ code: "custom", message: `"${text}" is no duration; write for example 30s, 15m, 2h or 7d` });
  return z.NEVER;
});

/** A word that expressions can use as a name: no hyphen, because that is minus there. */
export const Identifier = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9_]{0,39}$/u,
    "a name has letters, digits and _ and begins with a small letter, such as abcDef",
  );

export const Text = z.string().min(1, "a text is expected").max(300, "at most 300 characters");

/** `attempts` counts the first; the delay grows by `factor` up to `max-delay`. Only failures that may pass are tried again. */
export const Retry = z.strictObject({
  attempts: z.int().min(1).max(20),
  delay: Duration.default(5000),
  factor: z.number().min(1).max(10).default(2),
  "max-delay": Duration.default(300_000),
});
export type Retry = z.infer<typeof Retry>;
