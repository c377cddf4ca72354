import { z } from "zod";

import { durationText, tryDuration } from "../../platform/duration.ts";

/** A time such as `30s` or `1h30m`, or milliseconds as expressions have them; from `leastMs` to `mostMs`, both included. */
export function durationInput({
  leastMs,
  mostMs,
}: {
  readonly leastMs: number;
  readonly mostMs: number;
}): z.ZodType<number, string | number> {
  return z.union([z.string(), z.int()]).transform((value, context) => {
    const durationMs = typeof value === "number" ? value : tryDuration(value);
    if (durationMs !== undefined && durationMs >= leastMs && durationMs <= mostMs) return durationMs;
    const message =
      durationMs === undefined
        ? `${JSON.stringify(value)} is no duration; write one such as 30s, 15m or 2h`
        : `${JSON.stringify(value)} is out of range; it goes from ${durationText(leastMs)} to ${durationText(mostMs)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}
