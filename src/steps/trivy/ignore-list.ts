import { z } from "zod";

import { isoTime, tryIsoTime } from "../../platform/clock.ts";

const DAY_MS = 86_400_000;

/** A finding that somebody has looked at and lets pass for a while. */
export const Ignored = z.strictObject({
  id: z.string().min(1).max(100).meta({ description: "Such as CVE-2019-14697" }),
  in: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: "Only in this package, or in this file of a folder; everywhere unless said" }),
  reason: z
    .string()
    .max(500)
    .refine((text) => text.trim() !== "", { error: "say why it may be ignored" })
    .meta({ description: "Why it may be ignored" }),
  until: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/u, "a day such as 2027-01-31")
    .refine((day) => tryDay(day) !== undefined, { error: "there is no such day" })
    .meta({ description: "The last day on which it counts, as in UTC" }),
});
export type Ignored = z.infer<typeof Ignored>;

/** Those that count no more, at a moment in milliseconds. */
export function expired(list: readonly Ignored[], atMs: number): readonly Ignored[] {
  return list.filter(({ until }) => (tryDay(until) ?? 0) + DAY_MS <= atMs);
}

/** What is still to be weighed, and how much was let pass. */
export function withoutIgnored<Found extends { readonly id: string; readonly where: string }>(
  found: readonly Found[],
  list: readonly Ignored[],
): { readonly left: readonly Found[]; readonly ignored: number } {
  const left = found.filter(({ id, where }) => !list.some((one) => one.id === id && (one.in ?? where) === where));
  return { left, ignored: found.length - left.length };
}

function tryDay(day: string): number | undefined {
  const atMs = tryIsoTime(`${day}T00:00:00.000Z`);
  // There are readers of dates that take the 31st of February for a day in March.
  return atMs !== undefined && isoTime(atMs).startsWith(day) ? atMs : undefined;
}
